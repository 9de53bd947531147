import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from maps import ENCLAVE, PICTURES, RING, TOUCHING, TOWN, draw
from shapely.geometry import MultiPolygon, Polygon, box

from gridgeo.geometry.errors import InvalidShape, OffLattice
from gridgeo.geometry.union import union_on_lattice

CELLS = st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=30)


def _squares(cells):
    return [box(x, y, x + 1, y + 1) for x, y in sorted(cells)]


@given(CELLS)
def test_union_of_any_cells_is_the_union_of_geos(cells):
    union = union_on_lattice(_squares(cells))
    assert union.is_valid
    assert union.equals(shapely.union_all(_squares(cells)))


@given(CELLS, st.randoms())
def test_union_does_not_depend_on_the_order(cells, random):
    squares = _squares(cells)
    shuffled = random.sample(squares, len(squares))
    assert union_on_lattice(shuffled) == union_on_lattice(squares)


@given(CELLS, CELLS)
def test_union_of_unions_is_the_union(first, second):
    second = second - first
    halves = [union_on_lattice(_squares(cells)) for cells in (first, second) if cells]
    assert union_on_lattice(halves) == union_on_lattice(_squares(first | second))


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize("wobble", [None, 1, 2])
def test_no_coordinate_ever_changes(picture, wobble):
    drawn = draw(picture, wobble=wobble)
    given_corners = {tuple(xy) for xy in shapely.get_coordinates(drawn.shapes)}
    assert {tuple(xy) for xy in shapely.get_coordinates(drawn.outline)} <= given_corners
    assert drawn.outline.equals(shapely.coverage_union_all(drawn.shapes))


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_rings_start_at_their_lowest_corner_and_run_by_their_kind(picture):
    for shape in [*draw(picture, wobble=1).shapes, draw(picture).outline]:
        for part in shapely.get_parts(shape):
            assert part.exterior.is_ccw
            assert not any(hole.is_ccw for hole in part.interiors)
            for ring in (part.exterior, *part.interiors):
                assert ring.coords[0] == min(ring.coords)


def test_enclave_leaves_a_hole_and_filling_it_removes_the_hole():
    units = draw(ENCLAVE).units
    assert len(units["a"].interiors) == 1
    assert len(union_on_lattice([units["a"], units["b"]]).interiors) == 0


def test_parts_that_touch_at_a_corner_stay_parts_and_holes_that_touch_stay_holes():
    assert len(draw(TOUCHING).units["a"].geoms) == 3
    assert len(draw(RING).outline.interiors) == 2


def test_island_in_a_hole_is_a_part_of_its_own():
    island = box(2, 2, 3, 3)
    frame = Polygon(box(0, 0, 5, 5).exterior, [box(1, 1, 4, 4).exterior])
    union = union_on_lattice([island, frame])
    assert isinstance(union, MultiPolygon)
    assert union.equals(shapely.union_all([island, frame]))


def test_hole_that_touches_its_shell_at_two_corners_cuts_the_polygon_in_two():
    cells = {(x, y) for x in range(4) for y in range(4)} - {(0, 3), (1, 2), (2, 1), (3, 0)}
    union = union_on_lattice(_squares(cells))
    assert [part.area for part in union.geoms] == [6.0, 6.0]


def test_union_of_nothing_is_empty():
    assert union_on_lattice([]).is_empty


def test_polygons_that_overlap_are_refused():
    square = box(0, 0, 2, 2)
    for other in (square, box(1, 1, 3, 3), box(0.5, 0.5, 1, 1)):
        with pytest.raises(InvalidShape):
            union_on_lattice([square, other])


def test_corner_that_is_no_vertex_of_the_edge_it_lies_on_is_refused_with_its_place():
    rim = [(1, 1), (3, 1), (3, 2), (3, 3), (2, 3), (1, 3), (1, 2)]
    around = Polygon(box(0, 0, 4, 4).exterior, [rim])
    with pytest.raises(InvalidShape, match="no vertex") as caught:
        union_on_lattice([around, box(1, 1, 3, 2), box(1, 2, 2, 3), box(2, 2, 3, 3)])
    assert (caught.value.lon, caught.value.lat) == (1.0, 2.0)
    with pytest.raises(InvalidShape):
        union_on_lattice([box(0, 0, 2, 1), box(0, 1, 1, 2), box(1, 1, 2, 2)])


def test_off_lattice_input_and_other_types_are_refused():
    with pytest.raises(OffLattice):
        union_on_lattice([box(0, 0, 1, 1), box(0, 0, 1, 1 / 3)])
    with pytest.raises(InvalidShape, match="shape 0"):
        union_on_lattice([shapely.Point(0, 0)])


def test_union_of_a_random_half_of_the_town_is_exact():
    drawn = draw(TOWN, wobble=9)
    for seed in range(20):
        chosen = np.random.default_rng(seed).permutation(drawn.shapes)[:5].tolist()
        assert union_on_lattice(chosen).equals(shapely.coverage_union_all(chosen))
