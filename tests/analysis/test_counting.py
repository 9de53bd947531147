import h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridgeo.analysis.model import (
    SMALL_COUNT,
    CellCounts,
    CoverUnit,
    Density,
    Row,
    by_unit,
    hide_small,
)

DEPTHS = {"city": 0, "town": 1, "grid": 2, "micro": 3}
UNITS = [
    CoverUnit(1, "C", "city", "city", None, False, 4e6),
    CoverUnit(2, "C1", "town", "urban", 1, False, 3e6),
    CoverUnit(3, "C2", "town", "rural", 1, False, 1e6),
    CoverUnit(4, "C11", "grid", "urban grid", 2, False, 3e6),
    CoverUnit(5, "C21", "grid", "rural grid, a leaf", 3, True, 1e6),
    CoverUnit(6, "C112", "micro", "second", 4, True, 1e6),
    CoverUnit(7, "C111", "micro", "first", 4, True, 2e6),
]  # fmt: skip
ROWS = {
    "city": ["C"], "town": ["C1", "C2"], "grid": ["C11", "C21"], "micro": ["C111", "C112", "C21"],
}  # fmt: skip


@pytest.mark.parametrize("level", DEPTHS)
def test_the_cover_is_the_units_of_a_level_and_the_leaves_above_it(level):
    found = by_unit({}, UNITS, DEPTHS, level)
    assert [row.code for row in found.rows] == ROWS[level]
    assert {row.count for row in found.rows} == {0}
    assert sum(row.area_m2 for row in found.rows) == 4e6


@given(
    st.dictionaries(st.sampled_from([5, 6, 7, None]), st.integers(1, 1000)),
    st.sampled_from(list(DEPTHS)),
)
def test_counts_over_the_cover_at_any_level_sum_to_the_same_total(counts, level):
    found = by_unit(counts, UNITS, DEPTHS, level)
    assert found.total == sum(counts.values())
    assert found.outside == counts.get(None, 0)


def test_leaf_counts_are_rolled_up_the_tree():
    counts = {5: 5, 6: 6, 7: 7, None: 2}
    rows = {row.code: row for row in by_unit(counts, UNITS, DEPTHS, "grid").rows}
    assert (rows["C11"].count, rows["C21"].count) == (13, 5)
    assert rows["C11"].per_km2 == pytest.approx(13 / 3)


def test_cells_count_each_point_once_and_keep_those_outside_apart():
    points = np.array([(113.6, 34.7), (113.6, 34.7), (113.7, 34.8)])
    found = CellCounts.of(points, 1, 9).density
    cell = h3.latlng_to_cell(34.7, 113.6, 9)
    assert {row.code: row.count for row in found.rows}[cell] == 2
    assert [row.code for row in found.rows] == sorted(row.code for row in found.rows)
    assert (found.outside, found.total) == (1, 4)
    assert all(row.area_m2 == h3.cell_area(row.code, unit="m^2") for row in found.rows)


def test_counts_of_different_points_add_up():
    points = np.array([(113.6, 34.7), (113.7, 34.8), (113.6, 34.7)])
    for cut in range(4):
        parts = CellCounts.of(points[:cut], 1, 9) + CellCounts.of(points[cut:], 2, 9)
        assert parts == CellCounts.of(points, 3, 9)


def density(*counts):
    return Density(
        tuple(Row(f"{n:03d}", None, count, 1.0) for n, count in enumerate(counts)), 3, 0, 0
    )


COUNTS = st.lists(st.integers(0, 12), max_size=12)


@given(COUNTS)
def test_hiding_keeps_the_total_and_shows_no_small_count(counts):
    whole = density(*counts)
    shown = hide_small(whole)
    assert shown.total == whole.total
    assert shown.outside == whole.outside
    assert all(row.count == 0 or row.count >= SMALL_COUNT for row in shown.rows)
    assert set(shown.rows) <= set(whole.rows)
    assert shown.hidden_rows == len(whole.rows) - len(shown.rows)


@given(COUNTS)
def test_no_small_count_follows_from_what_is_hidden(counts):
    """Another set of counts, equal in all that is shown, has another number in a small row."""
    whole = density(*counts)
    shown = hide_small(whole)
    gone = [row for row in whole.rows if row not in shown.rows]
    if not gone or len(whole.rows) == 1:
        return
    if len(gone) == len(whole.rows) and sum(r.count for r in gone) in (
        len(gone), len(gone) * (SMALL_COUNT - 1),
    ):  # fmt: skip
        return
    assert len(gone) >= 2
    total = sum(row.count for row in gone)
    extra = [row for row in gone if not 0 < row.count < SMALL_COUNT]
    assert extra or len(gone) < total < len(gone) * (SMALL_COUNT - 1)


def test_a_single_small_row_takes_the_smallest_other_row_with_it():
    assert [row.count for row in hide_small(density(9, 2, 7, 0)).rows] == [9, 0]


def test_a_single_small_row_among_empty_ones_takes_an_empty_one_with_it():
    shown = hide_small(density(0, 3, 0))
    assert [row.count for row in shown.rows] == [0]
    assert (shown.hidden, shown.hidden_rows) == (3, 2)


@pytest.mark.parametrize("counts", [(1, 1, 8), (4, 4, 8)])
def test_small_rows_that_their_sum_gives_away_take_another_row_with_them(counts):
    assert hide_small(density(*counts)).rows == ()


def test_where_nothing_is_small_nothing_is_hidden():
    assert hide_small(density(0, 5, 6)) == density(0, 5, 6)
    assert hide_small(density()) == density()
