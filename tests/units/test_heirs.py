"""Old code, its heirs: through several versions, by land and by households."""

from dataclasses import replace

import pytest
import shapely

from gridgeo.errors import NotFound
from gridgeo.geometry.delta import Delta
from gridgeo.units import store
from gridgeo.units.heirs import heirs_of


@pytest.fixture
def siblings(city_conn):
    """Two leaves of one parent whose union is one polygon."""
    units = store.all_units(city_conn, 1)
    leaves = sorted((u for u in units.values() if u.is_leaf), key=lambda u: u.code)
    return next((a, b) for a in leaves for b in leaves
                if a.code < b.code and a.parent_code == b.parent_code
                and a.shape.intersection(b.shape).length > 0.0)  # fmt: skip


def merged(one, other):
    whole = shapely.union(one.shape, other.shape)
    return replace(one, shape=whole, households=one.households + other.households)


def test_the_heirs_of_a_merged_leaf_are_found_through_later_versions(city_conn, siblings, put):
    one, other = siblings
    whole = merged(one, other)
    put(Delta({one.code: one, other.code: other}, {one.code: whole}))
    since, [heir] = heirs_of(city_conn, other.code, None, 2)
    assert (since, heir.code, heir.area_share, heir.household_share) == (1, one.code, 1.0, 1.0)
    put(Delta({one.code: whole}, {one.code: one, other.code: other}))
    since, heirs = heirs_of(city_conn, other.code, 1, 3)
    assert since == 1
    assert {heir.code for heir in heirs} == {one.code, other.code}
    assert sum(heir.area_share for heir in heirs) == pytest.approx(1.0)
    assert sum(heir.household_share for heir in heirs) == pytest.approx(1.0)
    assert [heir.code for heir in heirs_of(city_conn, other.code, None, 3)[1]] == [other.code]


def test_a_unit_above_the_leaves_has_heirs_of_its_own_level(city_conn, siblings, put):
    one, other = siblings
    units = store.all_units(city_conn, 1)
    put(Delta({one.code: one, other.code: other}, {one.code: merged(one, other)}))
    level = units[one.parent_code].level
    _, [heir] = heirs_of(city_conn, one.parent_code, 1, 2)
    assert (heir.code, heir.level) == (one.parent_code, level)
    assert heir.area_share == pytest.approx(1.0)


def test_a_code_that_nobody_carried_then_is_not_found(city_conn, siblings, put):
    with pytest.raises(NotFound, match="ever"):
        heirs_of(city_conn, "nobody", None, 1)
    one, other = siblings
    put(Delta({one.code: one, other.code: other}, {one.code: merged(one, other)}))
    with pytest.raises(NotFound, match="version 2"):
        heirs_of(city_conn, other.code, 2, 2)


def test_the_heirs_are_answered_with_both_shares(shared_client):
    code = shared_client.get("/units?limit=1000").json()["features"][-1]["id"]
    answer = shared_client.get(f"/units/{code}/heirs").json()
    assert (answer["since"], answer["version"]) == (1, 1)
    assert [row["code"] for row in answer["heirs"]] == [code]
    assert shared_client.get("/units/nobody/heirs").status_code == 404
