import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from maps import PICTURES, draw
from shapely.geometry import MultiPolygon, Polygon, box

from gridgeo.geometry.borders import read_borders
from gridgeo.geometry.lattice import to_degrees
from gridgeo.geometry.segments import directed_segments

CORNERS = st.lists(st.tuples(*[st.integers(-9, 9)] * 2), min_size=3, max_size=9, unique=True)


def array_of(*shapes):
    result = np.empty(len(shapes), dtype=object)
    result[:] = shapes
    return result


def as_set(segments):
    return set(zip(*(column.tolist() for column in segments), strict=True))


@given(CORNERS)
def test_ring_proven_simple_is_valid_and_walked_on_its_left_whatever_its_direction(corners):
    ring = Polygon(to_degrees(corners))
    shapes = array_of(ring, ring.reverse())
    borders = read_borders(shapes)
    assert borders.simple[0] == borders.simple[1]
    if borders.simple[0]:
        assert ring.is_valid
        assert as_set(borders.segments) == as_set(directed_segments(shapes))


@given(st.sampled_from(sorted(PICTURES.values())), st.integers(0, 99))
def test_segments_are_those_of_the_slow_walk(picture, wobble):
    shapes = array_of(*draw(picture, wobble=wobble).shapes)
    assert as_set(read_borders(shapes).segments) == as_set(directed_segments(shapes))


def test_convex_ring_is_proven_simple_and_holes_parts_and_bow_ties_are_not():
    square = box(0, 0, 3, 3)
    shapes = array_of(
        square,
        MultiPolygon([square]),
        Polygon(square.exterior, [box(1, 1, 2, 2).exterior]),
        MultiPolygon([square, box(5, 5, 6, 6)]),
        Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]),
        Polygon([(0, 0), (3, 0), (3, 3), (0, 3), (0, 0), (3, 0), (3, 3), (0, 3)]),
        box(0, 0, 90, 60),
    )
    assert read_borders(shapes).simple.tolist() == [True, True] + [False] * 5


def test_ring_off_the_lattice_is_not_proven_and_its_first_such_vertex_is_told():
    shapes = array_of(box(0, 0, 1, 1), box(0, 0, 1, 1 / 3))
    borders = read_borders(shapes)
    assert borders.simple.tolist() == [True, False]
    assert borders.off_owner.tolist() == [1]
    assert borders.off_place.tolist()[0] in shapely.get_coordinates(shapes[1]).tolist()
