from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from gridgeo.plans.households import apportioned, shared_out
from gridgeo.units.model import Unit

WEIGHTS = st.dictionaries(st.sampled_from("abcdefg"), st.floats(0.001, 100), min_size=1)


def leaf(code, west, east, households=0):
    return Unit(code, "grid", code, "P", box(west, 0, east, 1), True, households)


def by_code(*units):
    return {unit.code: unit for unit in units}


@given(st.integers(0, 10_000), WEIGHTS)
def test_parts_of_a_whole_number_sum_to_it_and_are_off_by_less_than_one(total, weights):
    parts = apportioned(total, weights)
    assert sum(parts.values()) == total
    whole = sum(weights.values())
    assert all(abs(parts[k] - total * weights[k] / whole) < 1 for k in weights)


def test_equal_remainders_go_to_the_lowest_code():
    assert apportioned(1, {"b": 1.0, "a": 1.0}) == {"a": 1, "b": 0}
    assert apportioned(5, {}) == {}


@given(st.lists(st.integers(1, 9), min_size=2, max_size=6, unique=True), st.integers(0, 500))
def test_split_and_merge_lose_no_household(cuts, households):
    edges = [0, *sorted(cuts), 10]
    whole = by_code(leaf("a", 0, 10, households))
    spans = zip("abcdefg", pairwise(edges), strict=False)
    parts = by_code(*(leaf(code, *span) for code, span in spans))
    counted = shared_out(whole, parts, ())
    assert sum(counted.values()) == households
    pieces = {code: leaf(code, *unit.shape.bounds[::2], counted[code])
              for code, unit in parts.items()}  # fmt: skip
    assert shared_out(pieces, whole, ()) == {"a": households}


def test_border_between_units_that_stay_moves_no_household():
    old = by_code(leaf("a", 0, 5, 10), leaf("b", 5, 10, 20))
    new = by_code(leaf("a", 0, 9), leaf("b", 9, 10))
    assert shared_out(old, new, ()) == {"a": 10, "b": 20}


def test_new_unit_takes_its_share_even_while_borders_move():
    old = by_code(leaf("a", 0, 5, 100), leaf("b", 5, 10, 20))
    new = by_code(leaf("a", 0, 2), leaf("c", 2, 4), leaf("b", 4, 10))
    assert shared_out(old, new, ()) == {"a": 60, "b": 20, "c": 40}


def test_unit_whose_number_is_given_takes_nothing():
    old = by_code(leaf("a", 0, 10, 100))
    new = by_code(leaf("a", 0, 5), leaf("c", 5, 10))
    assert shared_out(old, new, {"c"}) == {"a": 100, "c": 0}
