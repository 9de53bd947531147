import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from gridgeo.geometry.edits.noded_lines import noded_lines

SQUARE = np.array([shapely.boundary(box(0, 0, 1000, 1000))])
PLACES = st.lists(
    st.tuples(st.integers(-200, 1200), st.integers(-200, 1200)), min_size=2, max_size=6, unique=True
)


def corners(geometry):
    return {tuple(xy) for xy in shapely.get_coordinates(geometry).tolist()}


def faces(noded):
    return list(shapely.polygonize(shapely.get_parts(noded)).geoms)


@settings(max_examples=50)
@given(PLACES, st.sampled_from([0, 6]))
def test_everything_meets_in_lattice_points(places, rounds):
    noded = noded_lines(SQUARE, np.array([LineString(places)]), rounds)
    xy = shapely.get_coordinates(noded)
    assert (xy == np.rint(xy)).all()
    assert shapely.is_simple(noded)
    assert corners(SQUARE) <= corners(noded)
    inside = [
        face for face in faces(noded) if face.representative_point().within(box(0, 0, 1000, 1000))
    ]
    assert abs(sum(face.area for face in inside) - 1_000_000) <= 4_000


def test_near_corners_of_the_border_stay_apart_and_those_of_the_line_do_not():
    # The spike's tip lies 0.3 steps above the lower edge, which slants.
    border = shapely.Polygon([(0, 0), (1000, 1), (1000, 1000), (600, 1000), (500, 1), (400, 1000),
                              (0, 1000)])  # fmt: skip
    line = LineString([(-50, 700), (200, 700), (250, 0), (250, -50)])
    noded = noded_lines(np.array([border.boundary]), np.array([line]))
    assert len(faces(noded)) == 2
    rounded = shapely.union_all([border.boundary, line], grid_size=1.0)
    assert len(faces(rounded)) == 3
    assert (250.0, 0.0) in corners(noded)


def test_without_a_cut_the_border_is_as_it_was():
    noded = noded_lines(SQUARE, np.empty(0, dtype=object))
    assert shapely.line_merge(noded).length == 4000
    assert corners(noded) == corners(SQUARE)
