import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from maps import PICTURES, TOUCHING, TOWN, draw
from shapely.geometry import Polygon, box

from gridgeo.geometry.coverage import check_coverage
from gridgeo.geometry.errors import InvalidShape, OffLattice
from gridgeo.geometry.lattice import SCALE, on_lattice, snap
from gridgeo.geometry.noding import node
from gridgeo.geometry.rings import map_rings

CENTIMETRE = 0.01


def _refined(shape, shares):
    """The same ring with lattice corners near its edges, at the shares of each edge."""

    def refine(ring):
        pieces = [ring[:-1] + share * np.diff(ring, axis=0) for share in (0.0, *sorted(shares))]
        return np.concatenate((np.stack(pieces, axis=1).reshape(-1, 2), ring[-1:]))

    return snap(map_rings(shape, refine))


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_noding_leaves_a_coverage_alone(picture):
    shapes = draw(picture, wobble=1).shapes
    assert node(shapes) == (shapes, [])


@given(st.integers(0, 999), st.lists(st.floats(0.1, 0.9), min_size=1, max_size=3, unique=True))
def test_corners_near_a_slanted_edge_become_its_vertices(seed, shares):
    drawn = draw(TOWN, wobble=seed)
    position = seed % len(drawn.shapes)
    shapes = drawn.shapes
    shapes[position] = _refined(shapes[position], shares)
    noded, nodes = node(shapes)
    outline, moved = node([drawn.outline, shapes[position]])
    assert check_coverage(noded, drawn.codes) == []
    assert check_coverage(noded, drawn.codes, outline[0]) == []
    assert nodes
    assert all(0 <= each.moved_m < CENTIMETRE for each in nodes + moved)
    assert noded[position] is shapes[position]
    assert node(noded) == (noded, [])


def test_record_names_the_polygon_the_place_and_the_shift():
    lower = snap(Polygon([(0, 0), (1, 0), (1, 0.3333333), (0.5, 0.1666667)]))
    upper = Polygon([(0, 0), (1, 0.3333333), (1, 1), (0, 1)])
    noded, [added] = node([lower, upper])
    assert (added.position, added.lon, added.lat) == (1, 0.5, 0.1666667)
    assert added.moved_m == pytest.approx(0.0052, abs=1e-4)
    assert (0.5, 0.1666667) in noded[1].exterior.coords


def test_exact_corner_moves_nothing():
    _, [added] = node([box(0, 0, 2, 1), box(0, 1, 1, 2), box(1, 1, 2, 2)])
    assert (added.lon, added.lat, added.moved_m) == (1.0, 1.0, 0.0)


def test_parts_of_a_multipolygon_are_noded():
    drawn = draw(TOUCHING)
    shapes = drawn.shapes
    shapes[1] = _refined(shapes[1], [0.5])
    noded, _ = node(shapes)
    assert check_coverage(noded, drawn.codes) == []
    assert on_lattice(shapely.get_coordinates(noded)).all()


def test_thin_triangle_keeps_its_own_corner_and_its_neighbours_matched_edges():
    corners = [(0, 0), (1001 / SCALE, 1 / SCALE), (500 / SCALE, 1 / SCALE)]
    thin = Polygon(corners)
    below = Polygon([corners[0], (1001 / SCALE, -1000 / SCALE), corners[1]])
    assert node([thin, below]) == ([thin, below], [])


def test_noding_that_would_break_a_polygon_is_refused():
    thin = Polygon([(0, 0), (1001 / SCALE, 1 / SCALE), (1000 / SCALE, 1 / SCALE)])
    above = Polygon([(500 / SCALE, 1 / SCALE), (600 / SCALE, 2), (400 / SCALE, 2)])
    with pytest.raises(InvalidShape):
        node([thin, above])


def test_nothing_needs_no_node():
    assert node([]) == ([], [])


def test_off_lattice_input_is_refused():
    with pytest.raises(OffLattice):
        node([box(0, 0, 1 / 3, 1)])
