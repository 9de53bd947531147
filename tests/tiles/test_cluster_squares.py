"""The squares in which points are counted: numbered by SQL as the definition says."""

import math

import numpy as np
import psycopg
import pytest
from tile_points import CATALOGUE, cell_of
from tile_squares import tile_at

from gridgeo.devices.layer import SINGLE_FROM

SQUARE = """
SELECT cluster_column(lon, depth), cluster_row(lat, depth),
       cluster_id(depth, cluster_column(lon, depth), cluster_row(lat, depth))
FROM unnest(%(lon)s::float8[], %(lat)s::float8[]) AS place (lon, lat),
     (SELECT %(depth)s::int AS depth) AS d
"""


@pytest.fixture
def conn(db):
    with psycopg.connect(db.reader) as conn:
        yield conn


@pytest.mark.parametrize("depth", [0, 11, 16])
def test_a_square_is_that_of_web_mercator_and_its_number_tells_which(conn, depth):
    chance = np.random.default_rng(depth)
    lon, lat = chance.uniform(-180, 180, 200), chance.uniform(-85, 85, 200)
    given = {"lon": lon.tolist(), "lat": lat.tolist(), "depth": depth}
    rows = conn.execute(SQUARE, given).fetchall()
    for (column, row, number), x, y in zip(rows, lon, lat, strict=True):
        down = (1 - math.asinh(math.tan(math.radians(y))) / math.pi) / 2
        assert (column, row) == (int((x / 360 + 0.5) * 2**depth), int(down * 2**depth))
        assert cell_of(number) == (depth, column, row)


def test_a_square_is_an_eighth_of_a_tile_until_points_show_one_by_one(conn):
    for zoom, depth in ((8, 11), (SINGLE_FROM - 1, SINGLE_FROM + 2), (18, SINGLE_FROM + 2)):
        found = conn.execute("SELECT cluster_depth(%s, %s)", [zoom, SINGLE_FROM]).fetchone()
        assert found == (depth,)


@pytest.mark.parametrize("name", ["device", "event"])
def test_the_planner_puts_the_reckoning_in_place_of_the_calls(conn, name):
    request = CATALOGUE.request(name, *tile_at(12), 1)
    layer = CATALOGUE.get(name).layer
    plan = conn.execute(
        b"EXPLAIN VERBOSE " + layer.statement, request.parameters(layer), prepare=False
    )
    assert "cluster_" not in "\n".join(line for (line,) in plan)
