import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from maps import FOUR_CORNERS, PICTURES, TOWN, draw
from shapely.geometry import Point, Polygon, box

from gridgeo.geometry.errors import InvalidShape, NotACoordinate, OffLattice
from gridgeo.geometry.point_index import PointIndex
from gridgeo.geometry.predicates import ring_edges
from gridgeo.geometry.rational import relate_rational


def _owner(shapes, codes, x, y):
    """The brute answer: the covering polygon with the lowest code."""
    covering = [i for i, s in enumerate(shapes) if relate_rational(s, x, y) >= 0]
    return min(covering, key=lambda i: codes[i].encode(), default=-1)


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize("wobble", [None, 7])
def test_index_is_the_rational_lowest_code_on_every_vertex_and_midpoint(picture, wobble):
    drawn = draw(picture, wobble=wobble)
    codes = drawn.codes[::-1]
    index = PointIndex.build(drawn.shapes, codes=codes)
    edges = np.concatenate([ring_edges(shape) for shape in drawn.shapes])
    points = np.unique(np.concatenate((edges[:, :2], (edges[:, :2] + edges[:, 2:]) / 2)), axis=0)
    expected = [_owner(drawn.shapes, codes, x, y) for x, y in points.tolist()]
    assert index.locate(*points.T).tolist() == expected


@given(st.integers(0, 2**32 - 1))
def test_index_is_the_rational_lowest_code_anywhere(seed):
    drawn = draw(TOWN, wobble=seed)
    index = PointIndex.build(drawn.shapes, codes=drawn.codes)
    west, south, east, north = drawn.outline.bounds
    points = np.random.default_rng(seed).uniform((west, south), (east, north), (5, 2))
    expected = [_owner(drawn.shapes, drawn.codes, x, y) for x, y in points.tolist()]
    assert index.locate(*points.T).tolist() == expected


def test_point_on_shared_edge_or_corner_goes_to_lowest_code_in_byte_order():
    shapes = draw(FOUR_CORNERS).shapes
    index = PointIndex.build(shapes, codes=["é", "z", "b", "B"])
    assert index.locate_one(113.01, 34.51) == 3
    assert index.locate_all(113.01, 34.51) == [3, 2, 1, 0]
    assert index.locate([113.01, 113.005], [34.505, 34.51]).tolist() == [2, 1]


def test_ids_are_answered_and_ties_without_codes_go_to_the_first_position():
    index = PointIndex.build([box(0, 0, 2, 2), box(1, 1, 3, 3)], ids=[70, 7])
    assert index.locate([1.5, 2.5, 9.0], [1.5, 2.5, 9.0]).tolist() == [70, 7, -1]
    assert index.locate_all(1.5, 1.5) == [70, 7]
    assert index.locate_all(9.0, 9.0) == []
    assert index.locate([], []).tolist() == []
    assert len(index) == 2


def test_no_polygon_owns_nothing():
    index = PointIndex.build([])
    assert index.locate([1.0], [1.0]).tolist() == [-1]


def test_answers_do_not_depend_on_how_much_is_worked_on_at_once(monkeypatch):
    drawn = draw(TOWN, wobble=3)
    index = PointIndex.build(drawn.shapes)
    points = np.random.default_rng(3).uniform((113.0, 34.5), (113.06, 34.55), (500, 2))
    at_once = index.locate(*points.T)
    monkeypatch.setattr("gridgeo.geometry.plain_index._EDGES_AT_ONCE", 7)
    assert (index.locate(*points.T) == at_once).all()


def test_points_in_a_hole_belong_to_nobody():
    holed = Polygon(box(0, 0, 3, 3).exterior, [box(1, 1, 2, 2).exterior])
    assert PointIndex.build([holed]).locate([1.5, 1.0], [1.5, 1.5]).tolist() == [-1, 0]


def test_polygons_are_snapped_or_refused():
    third = box(0, 0, 1 / 3, 1)
    assert PointIndex.build([third]).locate_one(1 / 3, 0.5) == -1
    assert PointIndex.build([third]).locate_one(0.3333333, 0.5) == 0
    with pytest.raises(OffLattice):
        PointIndex.build([third], snap=False)
    assert PointIndex.build([box(0, 0, 1, 1)], snap=False).locate_one(1.0, 1.0) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_point_that_is_none_is_refused_with_its_row(bad):
    index = PointIndex.build([box(0, 0, 1, 1)])
    with pytest.raises(NotACoordinate, match="row 1"):
        index.locate([0.0, bad], [0.0, 0.0])


@pytest.mark.parametrize(
    ("polygons", "more"),
    [
        ([Point(0, 0)], {}),
        ([box(0, 0, 1, 1)], {"ids": [1, 2]}),
        ([box(0, 0, 1, 1)], {"codes": []}),
        ([box(0, 0, 1, 1)], {"ids": [-1]}),
        ([box(0, 0, 1, 1)], {"ids": [2**31]}),
    ],
)
def test_unusable_input_is_refused(polygons, more):
    with pytest.raises(InvalidShape):
        PointIndex.build(polygons, **more)
