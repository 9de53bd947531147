"""The name of an exclusive grid stands once, in the middle of its ground."""

import psycopg
import pytest
import shapely
from strict_tile import decoded, faults_in
from tile_points import CATALOGUE, SIDE, own_features, place_of
from tile_squares import box_of, fetch, mercator, tiles_over

from gridgeo.geometry.generalise.poles import NEARNESS

LAYER = CATALOGUE.get("exclusive_label")
ZOOMS = range(LAYER.minzoom, LAYER.maxzoom + 1)
METRES_OF_A_UNIT = 0.3
"""Of a tile of zoom 16, by which a place is rounded."""


HOOK = shapely.box(113.602, 34.702, 113.609, 34.709) - shapely.box(113.603, 34.703, 113.61, 34.708)
TWO = shapely.box(113.611, 34.703, 113.612, 34.704) | shapely.box(113.613, 34.703, 113.616, 34.71)
INSERT = """
INSERT INTO exclusive_grid (exclusive_id, versions, code, name, kind, geom, area_m2)
VALUES (%s, '[1,)', %s, %s, 'park', ST_Multi(ST_GeomFromWKB(%s, 4326)), 1)
"""


@pytest.fixture
def conn(city_db):
    """The tiny city, and exclusive grids over many tiles: a hook round a hole, one in two parts."""
    with psycopg.connect(city_db.app) as conn:
        for number, (name, shape) in enumerate({"hook": HOOK, "two": TWO}.items(), 900):
            conn.execute(INSERT, [number, f"code of {name}", name, shapely.to_wkb(shape)])
        yield conn
        conn.rollback()


def shapes(conn):
    rows = conn.execute("SELECT code, ST_AsBinary(geom) FROM exclusive_grid WHERE versions @> 1")
    return {code: shapely.from_wkb(bytes(shape)) for code, shape in rows}


def on_ground(tile, feature):
    """Where a feature stands, in EPSG:3857."""
    west, south, east, north = box_of(*tile).bounds
    x, y = place_of(feature)
    return shapely.Point(west + (east - west) * x / SIDE, north - (north - south) * y / SIDE)


def test_over_the_tiles_of_a_zoom_each_name_stands_once_and_on_its_own_ground(conn):
    true = shapes(conn)
    assert len(true) == 3
    for z in ZOOMS:
        found = list(own_features(conn, "exclusive_label", z, tiles_over(z)))
        assert sorted(f.attributes["code"] for _, f in found) == sorted(true)
        for tile, feature in found:
            ground = mercator(true[feature.attributes["code"]])
            assert ground.contains(on_ground(tile, feature))


def test_a_name_stands_in_the_middle_of_the_largest_circle(conn):
    true = shapes(conn)
    for tile, feature in own_features(conn, "exclusive_label", 16, tiles_over(16)):
        shape = mercator(true[feature.attributes["code"]])
        west, south, east, north = shape.bounds
        missing = NEARNESS * max(east - west, north - south) + METRES_OF_A_UNIT
        best = shapely.length(shapely.maximum_inscribed_circle(shape))
        assert shape.boundary.distance(on_ground(tile, feature)) > best - missing


def test_a_label_has_the_number_and_name_of_its_grid_and_comes_with_it(client):
    tile = next(
        tile for tile in tiles_over(14) if decoded(fetch(client, "exclusive_label", *tile).content)
    )
    answer = fetch(client, "exclusive_grid,exclusive_label", *tile)
    assert faults_in(answer.content) == []
    grids = {f.id: f.attributes["name"] for f in decoded(answer.content) if len(f.attributes) == 4}
    labels = {f.id: f.attributes["name"] for f in decoded(answer.content) if len(f.attributes) == 3}
    assert labels and labels.items() <= grids.items()
