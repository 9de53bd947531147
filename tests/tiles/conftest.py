"""One copy of the tiny city serves a whole file of tests: they do not disturb one another."""

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def client(request, cluster, tiny_template):
    """The API on one copy of the tiny city, for a whole file."""
    common = request.config.pluginmanager.get_plugin(str(Path(__file__).parents[1] / "conftest.py"))
    with common.cloned(cluster, tiny_template.template) as dsns, common.client_on(dsns) as shared:
        yield shared
