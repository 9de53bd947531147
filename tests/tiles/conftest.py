import pytest


@pytest.fixture(scope="module")
def client(shared_client):
    """One copy of the tiny city serves a whole file: these tests do not disturb one another."""
    return shared_client
