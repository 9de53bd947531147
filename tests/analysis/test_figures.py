from collections import Counter

import h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridgeo.analysis.figures import (
    NONE,
    Classes,
    Figures,
    figures_of_cells,
    figures_of_units,
    open_counts,
)
from gridgeo.analysis.model import CellCounts, CoverUnit, Density, Row, by_unit, hide_small

BREAKS = Classes((1, 2, 4, 8, 16, 32, 64, 128))
CLASSES = {"households": BREAKS, "events": BREAKS, "devices": BREAKS}
DEPTHS = {"city": 0, "town": 1}
UNITS = [
    CoverUnit(9, "C", "city", "city", None, False, 8e6, 300),
    CoverUnit(3, "C1", "town", "a", 9, True, 2e6, 200),
    CoverUnit(2, "C2", "town", "b", 9, True, 2e6, 100),
    CoverUnit(7, "C3", "town", "c", 9, True, 4e6, 0),
]


def figures(events, devices):
    whole = [by_unit(counts, UNITS, DEPTHS, "town") for counts in (events, devices)]
    return figures_of_units(UNITS, *whole, CLASSES)


@given(st.lists(st.integers(0, 200)))
def test_a_class_begins_at_its_break(rates):
    for rate, found in zip(rates, BREAKS.of(np.array(rates, dtype=np.int64)), strict=True):
        assert found == 1 + sum(rate >= begin for begin in BREAKS.breaks)


def test_what_is_none_has_no_class():
    assert BREAKS.of(np.array([NONE, 0])).tolist() == [NONE, 1]


@pytest.mark.parametrize("breaks", [(), tuple(range(7)), tuple(range(9)), (1, 2, 3, 4, 5, 6, 7, 7)])
def test_there_are_nine_classes_in_order(breaks):
    with pytest.raises(ValueError, match="eight ascending breaks"):
        Classes(breaks)


def test_units_of_the_cover_tell_counts_rates_and_classes():
    found = figures({3: 50, 2: 5, 7: 9}, {3: 12, 2: 6, 7: 6})
    assert found.ids.tolist() == [2, 3, 7]
    assert found.said(1) == {
        "households": 200, "households_per_km2": 100, "households_class": 8,
        "events": 50, "events_per_1000_households": 250, "events_class": 9,
        "devices": 12, "devices_per_km2": 6, "devices_class": 4,
    }  # fmt: skip


def test_small_counts_are_hidden_with_their_rates_and_classes():
    said = figures({3: 50, 2: 3, 7: 2}, {3: 12, 2: 6, 7: 6}).said(0)
    assert said.keys() & {"events", "events_per_1000_households", "events_class"} == set()
    assert said["devices"] == 6


def test_where_nobody_lives_there_is_no_rate_by_households():
    said = figures({3: 50, 2: 50, 7: 50}, {}).said(2)
    assert said["events"] == 50
    assert "events_per_1000_households" not in said and "events_class" not in said
    assert (said["households_per_km2"], said["households_class"], said["devices"]) == (0, 1, 0)


def test_the_rule_that_hides_is_that_of_density():
    counts = {"a": 3, "b": 9, "c": 0, "d": 7}
    density = Density(tuple(Row(c, None, n, 1.0) for c, n in counts.items()), 0, 0, 0)
    shown = {row.code: row.count for row in hide_small(density).rows}
    assert open_counts(density) == {c: shown.get(c, NONE) for c in "abcd"}


def test_a_hexagon_is_there_if_something_of_it_may_be_shown():
    here, there, few, fewer = (h3.latlng_to_cell(34.7, 113.5 + k / 10, 8) for k in range(4))
    counts = [{here: 40, there: 7, few: 3, fewer: 2}, {here: 30, few: 3, fewer: 3}]
    events, devices = (CellCounts(Counter(one), 0).density for one in counts)
    found = figures_of_cells(events, devices, CLASSES)
    said = {h3.int_to_str(int(cell)): found.said(row) for row, cell in enumerate(found.ids)}
    assert list(said) == sorted((here, there), key=h3.str_to_int)
    assert (said[here]["events"], said[here]["devices"]) == (40, 30)
    assert (said[there]["events"], said[there]["devices"]) == (7, 0)


@given(st.sets(st.integers(0, 20)), st.lists(st.integers(0, 20)))
def test_rows_are_found_by_id(ids, asked):
    held = np.array(sorted(ids), dtype=np.int64)
    rows = Figures(held, {}).rows_of(np.array(asked, dtype=np.int64)).tolist()
    assert [held[row] if row != NONE else None for row in rows] == [
        one if one in ids else None for one in asked
    ]
