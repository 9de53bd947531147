"""A tile shows one version of the map in all its layers, also while a worker follows a new one."""

from dataclasses import replace

import pytest
from msgspec import structs
from tile_squares import tile_at

from gridgeo.tiles import sources as module
from gridgeo.tiles.ground import GroundTiles

HERE = tile_at(12)
NAMES = "district,exclusive_grid"


@pytest.fixture
def made(monkeypatch):
    """What PostGIS is asked for: the layers and the version."""
    asked = []

    def encode(conn, request):
        asked.append(([one.name for one in request.layers], request.version))
        return [b""] * len(request.layers)

    monkeypatch.setattr(module, "encode_layers", encode)
    return asked


def ask(client, shelf_version, request_version):
    """Ask a worker whose drawn tiles and whose connection know these versions."""
    known = client.app.state.tile_sources
    shelf = known.live()
    other = replace(shelf, version=structs.replace(shelf.version, version=shelf_version))
    sources = replace(known, live=lambda: other, ground=GroundTiles())
    request = known.catalogue.request(NAMES, *HERE, request_version)
    return sources.tile(None, request, is_live=True)


def test_a_worker_that_is_behind_shows_the_map_before_in_all_layers(drawn_client, made):
    ask(drawn_client, shelf_version=1, request_version=2)
    assert made == [(["exclusive_grid"], 1)]


def test_a_connection_that_is_behind_shows_the_map_before_in_all_layers(drawn_client, made):
    ask(drawn_client, shelf_version=2, request_version=1)
    assert made == [(["district", "exclusive_grid"], 1)]
