"""Where land and households of each old leaf went; the shares of each sum to one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from gridgeo.geometry.crs import Planar
from gridgeo.geometry.delta import Delta
from gridgeo.units.lineage import (
    area_shares,
    household_shares,
    lineage_rows,
    same_but_for_nodes,
    touched_leaves,
)
from gridgeo.units.model import Unit

PLANAR = Planar(4547)


def leaf(code, west, east, households=0):
    shape = box(113.6 + west / 1000, 34.7, 113.6 + east / 1000, 34.701)
    return Unit(code, "micro_grid", code, "P", shape, True, households)


def by_code(*units):
    return {unit.code: unit for unit in units}


def shares(before, after):
    return household_shares(before, after, area_shares(before, after, PLANAR))


def test_a_split_hands_on_what_its_parts_count():
    got = shares(by_code(leaf("a", 0, 10, 100)),
                 by_code(leaf("a", 0, 5, 80), leaf("b", 5, 10, 20)))  # fmt: skip
    assert got["a"] == pytest.approx({"a": 0.8, "b": 0.2})


def test_a_merge_takes_all():
    got = shares(by_code(leaf("a", 0, 5, 30), leaf("b", 5, 10, 70)),
                 by_code(leaf("a", 0, 10, 100)))  # fmt: skip
    assert got == {"a": {"a": 1.0}, "b": {"a": 1.0}}


def test_a_border_between_leaves_that_stay_moves_no_household_unless_the_numbers_say_so():
    before = by_code(leaf("a", 0, 5, 10), leaf("b", 5, 10, 20))
    silent = shares(before, by_code(leaf("a", 0, 6, 10), leaf("b", 6, 10, 20)))
    assert silent == {"a": {"a": 1.0}, "b": {"a": 0.0, "b": 1.0}}
    counted = shares(before, by_code(leaf("a", 0, 6, 15), leaf("b", 6, 10, 15)))
    assert counted["b"] == pytest.approx({"a": 0.25, "b": 0.75})


def test_a_number_set_right_moves_nobody_and_a_leaf_without_households_shares_like_its_land():
    corrected = shares(by_code(leaf("a", 0, 5, 10), leaf("b", 5, 10, 20)),
                       by_code(leaf("a", 0, 6, 4), leaf("b", 6, 10, 20)))  # fmt: skip
    assert corrected["a"] == {"a": 1.0}
    empty = shares(by_code(leaf("a", 0, 10)), by_code(leaf("b", 0, 5), leaf("c", 5, 10)))
    assert empty["a"] == pytest.approx({"b": 0.5, "c": 0.5}, abs=1e-6)
    lost = shares(by_code(leaf("a", 0, 10, 8)), by_code(leaf("b", 0, 5), leaf("c", 5, 10)))
    assert lost["a"] == pytest.approx({"b": 0.5, "c": 0.5}, abs=1e-6)


@given(
    st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True),
    st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True),
    st.lists(st.integers(0, 200), min_size=12, max_size=12),
)
def test_both_shares_of_each_old_leaf_sum_to_one_whatever_is_drawn(old_cuts, new_cuts, numbers):
    sides = []
    for cuts, counts in ((old_cuts, numbers[:6]), (new_cuts, numbers[6:])):
        edges = [0, *sorted(cuts), 100]
        spans = zip("abcdef", pairwise(edges), counts, strict=False)
        sides.append(by_code(*(leaf(code, *span, count) for code, span, count in spans)))
    before, after = sides
    areas = area_shares(before, after, PLANAR)
    households = household_shares(before, after, areas)
    assert set(areas) == set(households) == set(before)
    for code, going in households.items():
        assert set(going) == set(areas[code])
        assert sum(going.values()) == pytest.approx(1.0)
        assert sum(areas[code].values()) == pytest.approx(1.0)
        assert all(0.0 <= share <= 1.0 + 1e-9 for share in going.values())


def test_rows_name_what_became_of_the_old_leaf():
    old, new = leaf("a", 0, 10, 5), leaf("b", 0, 10, 5)
    assert touched_leaves(Delta({"a": old}, {"b": new})) == ["a", "b"]
    [row] = lineage_rows(2, Delta({"a": old}, {"b": new}), {"a": 1, "b": 2}, PLANAR)
    assert (row["kind"], row["area_share"], row["household_share"]) == ("replace", 1.0, 1.0)
    assert lineage_rows(2, Delta(), {}, PLANAR) == []


def test_corners_that_come_or_go_leave_a_unit_the_same():
    plain = leaf("a", 0, 10)
    noded = Unit("a", "micro_grid", "a", "P", plain.shape.segmentize(0.004), True)
    assert same_but_for_nodes(plain, noded)
    assert same_but_for_nodes(noded, plain)
    assert not same_but_for_nodes(plain, leaf("a", 0, 9))
