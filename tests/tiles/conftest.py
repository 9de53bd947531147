from functools import partial

import pytest
from databases import cloned
from drawn_worker import serving
from tile_squares import fetch


@pytest.fixture(scope="module")
def client(shared_client):
    """One copy of the tiny city serves a whole file: these tests do not disturb one another."""
    return shared_client


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("index")


@pytest.fixture(scope="module")
def drawn_client(cluster, tiny_template, folder):
    with (
        pytest.MonkeyPatch.context() as patch,
        cloned(cluster, tiny_template.template) as dsns,
        serving(dsns, folder, patch) as client,
    ):
        yield client


@pytest.fixture(params=["quick", "endpoint"])
def ask(request, drawn_client, monkeypatch):
    """Ask for a tile by either way."""
    if request.param == "endpoint":
        monkeypatch.setattr(drawn_client.app.at_once, "shortcuts", ())
    return partial(fetch, drawn_client)
