"""The laws at the city's real size: the whole of Zhengzhou, loaded. `make test-full` runs this."""

import numpy as np
import psycopg
import pytest
from databases import PASSWORDS, client_on
from twins import ExactTwin

from gridgeo.cli.demo import ensure_demo_city
from gridgeo.db import migrate
from gridgeo.db.connect import prepare_database
from gridgeo.geometry.authalic import authalic_areas_m2
from gridgeo.locate.store import load_index
from gridgeo.settings import Settings
from gridgeo.units import store
from gridgeo.units.model import check_city

pytestmark = pytest.mark.full

POINTS = 1_000_000
OVER_HTTP = 10_000

SET_WISE = """
SELECT p.id, leaf.code
FROM random_point p
LEFT JOIN LATERAL (
    SELECT u.code FROM unit_shape s JOIN unit u USING (unit_id)
    WHERE s.is_leaf AND ST_Covers(s.geom, p.geom)
    ORDER BY u.code COLLATE "C" LIMIT 1
) leaf ON true
ORDER BY p.id
"""


@pytest.fixture(scope="module")
def zhengzhou(cluster):
    dsns = prepare_database(cluster.dsn, "zhengzhou", PASSWORDS)
    migrate.upgrade(dsns.owner)
    ensure_demo_city(dsns.owner, Settings(), lambda text, share=None: None, "zhengzhou")
    return dsns


@pytest.fixture(scope="module")
def units(zhengzhou):
    with psycopg.connect(zhengzhou.reader) as conn:
        return store.all_units(conn, 1)


def test_counts_are_those_of_the_city(zhengzhou):
    with psycopg.connect(zhengzhou.reader) as conn:
        assert store.level_counts(conn, 1) == {
            "city": 1,
            "district": 16,
            "township": 215,
            "community": 3530,
            "grid": 7898 + 11406,
            "micro_grid": 47078,
        }
        devices = conn.execute("SELECT family, count(*) FROM device GROUP BY family").fetchall()
        assert dict(devices) == {"video": 157_000, "iot": 220_000}
        assert conn.execute("SELECT count(*) FROM exclusive_grid").fetchone() == (4835,)
        assert conn.execute("SELECT count(*) FROM duty_post").fetchone() == (221_000,)


def test_no_gap_no_overlap_no_unmatched_edge(zhengzhou, units):
    with psycopg.connect(zhengzhou.reader) as conn:
        assert check_city(units, store.read_profile(conn)) == []


def test_areas_of_children_sum_to_the_parent_within_a_square_metre(units):
    listed = list(units.values())
    areas = authalic_areas_m2([unit.shape for unit in listed])
    own = {unit.code: area for unit, area in zip(listed, areas, strict=True)}
    summed: dict[str, float] = {}
    for unit, area in zip(listed, areas, strict=True):
        if unit.parent_code is not None:
            summed[unit.parent_code] = summed.get(unit.parent_code, 0.0) + float(area)
    assert max(abs(own[code] - total) for code, total in summed.items()) < 1.0


def test_a_million_random_points_have_one_owner_everywhere(zhengzhou, units):
    leaves = {unit.code: unit.shape for unit in units.values() if unit.is_leaf}
    chance = np.random.default_rng(2026)
    with psycopg.connect(zhengzhou.owner) as conn:
        city = load_index(conn, store.resolve_version(conn))
        west, south, east, north = city.bounds
        lon, lat = chance.uniform(west, east, POINTS), chance.uniform(south, north, POINTS)
        ours = [
            None if unit_id < 0 else city.units[int(unit_id)].code
            for unit_id in city.index.locate(lon, lat)
        ]
        points = list(zip(lon.tolist(), lat.tolist(), strict=True))
        assert ours == ExactTwin(leaves).owners(points)
        assert [row[1] for row in _set_wise(conn, points)] == ours
    with client_on(zhengzhou) as client:
        body = {"points": points[:OVER_HTTP], "fields": "code"}
        answered = client.post("/locate", json=body).json()["results"]
    assert [row["code"] for row in answered] == ours[:OVER_HTTP]


def _set_wise(conn, points):
    conn.execute("CREATE TEMP TABLE random_point (id int, geom geometry(Point, 4326))")
    with conn.cursor().copy("COPY random_point FROM STDIN") as copy:
        for number, (lon, lat) in enumerate(points):
            copy.write_row((number, f"SRID=4326;POINT({lon!r} {lat!r})"))
    conn.execute("ANALYZE random_point")
    return conn.execute(SET_WISE).fetchall()
