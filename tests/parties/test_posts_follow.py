"""Duty posts follow the map by where they stand."""

from dataclasses import replace

import pytest
import shapely

from gridgeo.geometry.delta import Delta
from gridgeo.parties.posts import follow
from gridgeo.units import store
from gridgeo.units.publish import Record, publish


@pytest.fixture
def siblings(city_conn):
    """Two leaves of one parent whose union is one polygon."""
    units = store.all_units(city_conn, 1)
    leaves = sorted((u for u in units.values() if u.is_leaf), key=lambda u: u.code)
    return next((a, b) for a in leaves for b in leaves
                if a.code < b.code and a.parent_code == b.parent_code
                and a.shape.intersection(b.shape).length > 0.0)  # fmt: skip


@pytest.fixture
def post(city_conn):
    """Put a post of a unit at a point: post("p", unit_code, (lon, lat))."""

    def put(code, unit_code, point):
        unit_id = store.unit_ids(city_conn, [unit_code])[unit_code]
        city_conn.execute(
            "INSERT INTO duty_post (code, kind, unit_id, geom) "
            "VALUES (%s, 'demo', %s, ST_Point(%s, %s, 4326))",
            (code, unit_id, *point),
        )

    return put


@pytest.fixture
def homes(city_conn):
    """The unit of each post that the test put, by code."""

    def read():
        return dict(
            city_conn.execute(
                "SELECT p.code, c.code FROM duty_post p JOIN unit_code c USING (unit_id) "
                "WHERE p.kind = 'demo'"
            ).fetchall()
        )

    return read


def inside(unit):
    return shapely.get_coordinates(shapely.point_on_surface(unit.shape))[0].tolist()


def put(conn, delta):
    head = store.head_version(conn).version
    publish(conn, delta, [follow], Record("test", head))


def test_posts_of_a_leaf_that_goes_follow_it_and_come_back_with_it(
    city_conn, siblings, post, homes
):
    one, other = siblings
    post("stays", one.code, inside(one))
    post("follows", other.code, inside(other))
    post("outside", other.code, (113.0, 34.0))
    whole = replace(one, shape=shapely.union(one.shape, other.shape))
    merge = Delta({one.code: one, other.code: other}, {one.code: whole})
    put(city_conn, merge)
    assert homes() == {"stays": one.code, "follows": one.code, "outside": one.code}
    put(city_conn, ~merge)
    assert homes() == {"stays": one.code, "follows": other.code, "outside": one.code}


def test_a_post_that_an_office_put_elsewhere_stays_with_its_unit(city_conn, siblings, post, homes):
    one, other = siblings
    post("elsewhere", one.code, inside(other))
    post("above", one.parent_code, inside(other))
    shape = shapely.union(one.shape, other.shape)
    keeps = Delta({one.code: one, other.code: other}, {one.code: replace(one, shape=shape)})
    put(city_conn, keeps)
    assert homes() == {"elsewhere": one.code, "above": one.parent_code}
