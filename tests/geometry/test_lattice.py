import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, LineString, MultiPoint, Point, Polygon, box

from gridgeo.geometry.errors import CollapsedRing, InvalidShape, NotACoordinate, OffLattice
from gridgeo.geometry.lattice import (
    SCALE,
    on_lattice,
    require_coordinates,
    require_lattice,
    snap,
    to_degrees,
    to_lattice,
)

NUMBERS = st.integers(-180 * SCALE, 180 * SCALE)
DEGREES = st.floats(-180.0, 180.0)


@given(NUMBERS)
def test_lattice_number_survives_the_way_to_degrees_and_back(n):
    assert to_lattice(to_degrees(n)) == n


@given(NUMBERS)
def test_degrees_of_a_lattice_number_are_the_nearest_double(n):
    assert float(to_degrees(n)) == n / SCALE
    assert on_lattice(to_degrees(n))


@given(DEGREES)
def test_snapping_twice_is_snapping_once(degrees):
    once = to_degrees(to_lattice(degrees))
    assert to_degrees(to_lattice(once)) == once
    assert abs(once - degrees) <= 0.5000001 / SCALE


@given(NUMBERS)
def test_one_ulp_beside_the_lattice_is_off_it(n):
    beside = np.nextafter(to_degrees(n), 200.0)
    assert not on_lattice(beside)


def test_to_lattice_keeps_the_shape_and_is_int32():
    n = to_lattice([[113.65, 34.75], [180.0, -180.0]])
    assert n.dtype == np.int32
    assert n.tolist() == [[1136500000, 347500000], [1800000000, -1800000000]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 180.1, -181.0])
def test_number_that_is_no_coordinate_is_refused_with_its_row(bad):
    with pytest.raises(NotACoordinate, match="row 1") as caught:
        to_lattice([113.0, bad])
    assert caught.value.row == 1
    assert not on_lattice(bad)


def test_required_coordinates_name_key_and_row():
    with pytest.raises(NotACoordinate, match="row 2: lat = nan"):
        require_coordinates(np.zeros(3), np.array([0.0, 1.0, np.nan]))


def test_required_lattice_names_the_shape_and_the_vertex():
    shapes = np.array([box(0, 0, 1, 1), box(0, 0, 1, 1 / 3)], dtype=object)
    with pytest.raises(OffLattice) as caught:
        require_lattice(shapes)
    assert (caught.value.position, caught.value.lat) == (1, 1 / 3)


@pytest.mark.parametrize(
    "geometry",
    [
        Point(113.123456789, 34.1),
        LineString([(0, 0), (0, 4e-8), (1 / 3, 2 / 3)]),
        MultiPoint([(1 / 3, 0), (2 / 3, 1)]),
        Polygon([(0, 0), (1, 1 / 3), (1, 1)], [[(0.5, 0.4), (0.7, 0.5), (0.7, 0.6)]]),
        shapely.MultiPolygon([box(0, 0, 1 / 3, 1), box(1, 1, 2, 7 / 3)]),
        GeometryCollection([Point(1 / 3, 0), box(0, 0, 1 / 3, 1)]),
    ],
)
def test_any_geometry_is_snapped_to_its_own_type(geometry):
    snapped = snap(geometry)
    assert snapped.geom_type == geometry.geom_type
    assert on_lattice(shapely.get_coordinates(snapped)).all()
    assert shapely.hausdorff_distance(snapped, geometry) < 1e-7


def test_repeated_vertices_are_dropped_and_the_third_dimension_too():
    snapped = snap(Polygon([(0, 0, 5), (1, 0, 5), (1, 2e-9, 5), (1, 1, 5)]))
    assert snapped.exterior.coords[:] == [(0, 0), (1, 0), (1, 1), (0, 0)]


def test_shape_with_swapped_coordinates_is_refused():
    with pytest.raises(NotACoordinate, match=r"row 0: lat = 113\.65"):
        snap(Point(34.75, 113.65))


def test_collapsed_ring_is_refused_with_its_place():
    with pytest.raises(CollapsedRing) as caught:
        snap(box(5, 6, 5 + 1e-9, 7))
    assert caught.value.lon == 5.0


def test_collapsed_hole_is_refused():
    with pytest.raises(CollapsedRing):
        snap(Polygon(box(0, 0, 1, 1).exterior, [box(0.5, 0.5, 0.5 + 1e-9, 0.5 + 1e-9).exterior]))


def test_shape_that_turns_invalid_is_refused_with_reason_and_place():
    spike = Polygon([(0, 0), (1, 0), (1, 1), (0.5, 3e-8), (0, 1)])
    assert spike.is_valid
    with pytest.raises(InvalidShape, match=r"Self-intersection at \(0\.5, 0\.0\)") as caught:
        snap(spike)
    assert (caught.value.lon, caught.value.lat) == (0.5, 0.0)
