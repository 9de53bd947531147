"""Tiles of what stands on the ground: kept as long as nobody writes, and never after."""

import pytest
from databases import cloned
from drawn_worker import serving, until
from psycopg import connect
from strict_tile import decoded
from tile_squares import fetch, tile_at

from gridgeo import app as application
from gridgeo.settings import ROOT
from gridgeo.tiles.cache import Tile
from gridgeo.tiles.ground import GroundTiles, is_ground

CATALOGUE = application.catalogue(ROOT / "tiles")
PLACE = CATALOGUE.get("place")
HERE = tile_at(14)
NEW_PLACE = """
    INSERT INTO place (name, kind, geom, synthetic)
    VALUES (%s, 'shop', ST_SetSRID(ST_MakePoint(113.605, 34.705), 4326), true)
"""


def put_place(dsns, name):
    with connect(dsns.app) as conn:
        conn.execute(NEW_PLACE, (name,))
        conn.execute("SELECT pg_stat_force_next_flush()")


def named(answer):
    return {f.attributes.get("name") for f in decoded(answer.content)}


def test_only_what_is_the_same_for_everybody_at_any_minute_is_ground():
    ground = {one.name for one in CATALOGUE if is_ground(one)}
    assert {"road", "building", "place", "exclusive_grid"} <= ground
    assert not ground & {"device", "event", "theme", "density", "label", "micro_grid"}


def test_a_tile_is_kept_until_a_row_is_written(city_db):
    tiles, tile = GroundTiles(), Tile(b"a tile")
    tiles.put(tiles.mark, PLACE, 1, *HERE, tile)
    assert tiles.get(PLACE, 1, *HERE) is None, "nothing is kept before the first look"
    with connect(city_db.reader, autocommit=True) as conn:
        tiles.look(conn)
        early = tiles.mark
        tiles.put(early, PLACE, 1, *HERE, tile)
        tiles.look(conn)
        assert tiles.get(PLACE, 1, *HERE) is tile
        put_place(city_db, "new")
        until(lambda: tiles.look(conn) or tiles.get(PLACE, 1, *HERE) is None)
    tiles.put(early, PLACE, 1, *HERE, tile)
    assert tiles.get(PLACE, 1, *HERE) is None, "it was read before the row was written"


def test_the_default_map_is_answered_by_the_shortcut_and_follows_what_is_written(
    cluster, tiny_template, tmp_path
):
    with (
        pytest.MonkeyPatch.context() as patch,
        cloned(cluster, tiny_template.template) as dsns,
        serving(dsns, tmp_path, patch) as client,
    ):
        sources = client.app.state.tile_sources
        layers = CATALOGUE.choose("city").at(HERE[0])
        until(lambda: sources.ground.mark is not None)
        first = fetch(client, "city", *HERE)
        kept = sources.ready(sources.catalogue.choose("city").at(HERE[0]), *HERE)
        assert kept is not None and kept.plain == first.content and len(layers) > 8
        put_place(dsns, "a new shop")
        until(lambda: "a new shop" in named(fetch(client, "city", *HERE)))
