"""Exclusive grids come, change, go and come back by publication."""

from dataclasses import replace

import psycopg
import pytest
import shapely

from gridgeo.errors import Refused, VersionConflict
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.lattice import snap
from gridgeo.locate.store import follow, load_index
from gridgeo.units import store
from gridgeo.units.model import ExclusiveGrid
from gridgeo.units.publish import Record, publish


@pytest.fixture
def lay(city_conn):
    """Publish a change of exclusive grids alone; returns what its followers learn."""

    def lay(old, new):
        seen = []
        head = store.head_version(city_conn).version
        delta = Delta({g.code: g for g in old}, {g.code: g for g in new})
        learn = [lambda conn, publication: seen.append(publication)]
        publish(city_conn, Delta(), learn, Record("test", head), delta)
        return seen[0]

    return lay


@pytest.fixture
def grid(city_conn):
    """One exclusive grid of the city."""
    return store.exclusive_grids(city_conn, 1)[0][1]


def moved(grid, by=0.0003):
    return replace(grid, shape=snap(shapely.transform(grid.shape, lambda xy: xy + by)))


def at(conn, version, code):
    return store.exclusive_by_codes(conn, version, [code]).get(code)


def test_each_version_keeps_its_own_exclusive_grids(city_conn, lay, grid):
    other = moved(grid)
    lay([grid], [other])
    lay([other], [])
    lay([], [grid])
    found = [at(city_conn, version, grid.code) for version in (1, 2, 3, 4)]
    assert found == [grid, other, None, grid]
    ids = city_conn.execute(
        "SELECT DISTINCT exclusive_id FROM exclusive_grid WHERE code = %s", [grid.code]
    ).fetchall()
    assert len(ids) == 1


def test_followers_learn_where_answers_change_though_no_home_does(city_conn, lay, grid):
    other = moved(grid)
    seen = lay([grid], [other])
    assert seen.box is None
    assert shapely.box(*seen.answered).equals(
        shapely.box(*shapely.union(grid.shape, other.shape).bounds)
    )
    renamed = lay([other], [replace(other, name="新名")])
    assert (renamed.box, renamed.answered) == (None, None)


def test_city_in_memory_follows(city_conn, lay, grid):
    before = load_index(city_conn, store.resolve_version(city_conn, "1"))
    other = moved(grid)
    lay([grid], [other])
    version = store.resolve_version(city_conn, "2")
    after, fresh = follow(city_conn, before, version), load_index(city_conn, version)
    for shape in (grid.shape, other.shape):
        point = shape.representative_point()
        placed = [city.place(point.x, point.y).exclusive for city in (after, fresh)]
        assert placed[0] == placed[1]
        assert (grid.code in {g.code for g in placed[0]}) == other.shape.covers(point)


def test_change_of_what_is_no_longer_so_is_refused(lay, grid):
    lay([grid], [moved(grid)])
    with pytest.raises(VersionConflict, match=f"Exclusive grid {grid.code} is no longer"):
        lay([grid], [])


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (shapely.Polygon(), "holds no ground"),
        (shapely.Polygon([(113.6, 34.7), (113.61, 34.71), (113.61, 34.7), (113.6, 34.71)]),
         "Self-intersection"),
        (shapely.box(113.60000001, 34.7, 113.61, 34.71), "not on the lattice"),
    ],
)  # fmt: skip
def test_broken_ground_is_refused_and_writes_nothing(city_conn, lay, grid, shape, said):
    with pytest.raises(Refused, match=said):
        lay([grid], [replace(grid, shape=shape)])
    assert at(city_conn, 1, grid.code) == grid
    assert store.head_version(city_conn).version == 1


def test_new_exclusive_grid_without_a_party_does_not_commit(city_conn, lay):
    new = ExclusiveGrid("999999999999999", "x", "x", shapely.box(113.6, 34.7, 113.61, 34.71))
    lay([], [new])
    with pytest.raises(psycopg.IntegrityError, match="has no party"):
        city_conn.commit()
