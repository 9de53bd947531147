"""A table of polygons equals the mapping it was made of, after changes and out of its arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, box

from gridgeo.geometry.shape_table import ShapeTable

SQUARES = {7: box(0, 0, 1, 1), 3: box(1, 0, 2, 1), 5: MultiPolygon([box(4, 4, 5, 5)])}


def require_same(table, shapes):
    assert dict(table) == shapes
    assert (len(table), sorted(table)) == (len(shapes), sorted(shapes))
    assert table.shapes() == [table[number] for number in table]
    assert table.boxes.tolist() == [list(table[number].bounds) for number in table]


def test_a_table_keeps_polygons_and_their_order():
    table = ShapeTable.of(SQUARES)
    require_same(table, SQUARES)
    assert list(table) == [7, 3, 5]
    assert table.bounds == (0.0, 0.0, 5.0, 5.0)
    with pytest.raises(KeyError):
        table[4]


def test_polygons_are_found_by_their_boxes_borders_included():
    table = ShapeTable.of(SQUARES).replaced([3], {9: box(2, 0, 3, 1)})
    assert table.meeting((1.0, 1.0, 2.0, 2.0)) == [7, 9]
    assert table.meeting((3.1, 0.0, 3.9, 9.0)) == []
    assert table.replaced([], {}).meeting((4.5, 4.5, 4.6, 4.6)) == [5]


def test_a_table_of_nothing_has_no_bounds():
    empty = ShapeTable.of({})
    require_same(empty, {})
    assert np.isnan(empty.bounds).all()
    assert empty.meeting((0.0, 0.0, 1.0, 1.0)) == []
    require_same(empty.replaced([], SQUARES), SQUARES)


changes = st.lists(
    st.tuples(
        st.lists(st.integers(0, 6), max_size=3),
        st.dictionaries(st.integers(0, 6), st.integers(0, 50), max_size=3),
    ),
    max_size=5,
)


@given(changes)
def test_changes_make_new_tables_and_leave_the_old(steps):
    shapes = {number: box(number, 0, number + 1, 1) for number in range(4)}
    table = ShapeTable.of(shapes)
    tables = [(table, dict(shapes))]
    for gone, places in steps:
        new = {number: box(at, 2, at + 1, 3) for number, at in places.items()}
        table = table.replaced(gone, new)
        shapes = {n: s for n, s in shapes.items() if n not in gone} | new
        tables.append((table, shapes))
    for made, expected in tables:
        require_same(made, expected)
        require_same(ShapeTable(**made.arrays()), expected)
