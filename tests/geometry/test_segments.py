import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from maps import PICTURES, draw
from shapely.geometry import Polygon, box

from gridgeo.geometry.lattice import SCALE
from gridgeo.geometry.segments import net_segments, pack, unpack


@given(arrays(np.int32, st.tuples(st.integers(0, 5), st.just(2))))
def test_packed_points_come_back_and_sort_like_points(points):
    keys = pack(points)
    assert (unpack(keys) == points).all()
    assert [tuple(p) for p in unpack(np.sort(keys))] == sorted(tuple(p) for p in points)


def test_polygon_is_on_the_left_of_its_segments_whatever_its_direction():
    square = box(0, 0, 1, 1)
    expected = {(0, 0, 1, 0), (1, 0, 1, 1), (1, 1, 0, 1), (0, 1, 0, 0)}
    for shape in (square, square.reverse()):
        assert {tuple(row) for row in (net_segments([shape]) // SCALE).tolist()} == expected


def test_holes_run_clockwise():
    hole = box(1, 1, 2, 2).exterior
    rows = net_segments([Polygon(box(0, 0, 3, 3).exterior, [hole])]) // SCALE
    assert [2, 1, 1, 1] in rows.tolist()


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize("wobble", [None, 1])
def test_net_segments_of_a_coverage_are_those_of_its_union(picture, wobble):
    drawn = draw(picture, wobble=wobble)
    assert (net_segments(drawn.shapes) == net_segments([drawn.outline])).all()
    assert (net_segments(drawn.shapes[::-1]) == net_segments([drawn.outline])).all()


def test_segment_left_over_twice_stands_twice():
    square = box(0, 0, 1, 1)
    assert (net_segments([square, square]) == np.repeat(net_segments([square]), 2, axis=0)).all()


def test_nothing_has_no_segments():
    assert net_segments([]).shape == (0, 4)
