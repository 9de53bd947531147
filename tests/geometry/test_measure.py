import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import box

from gridgeo.geometry.measure import ellipsoid_area_m2, geodesic_length_m

GEOD = Geod(ellps="GRS80")
LATITUDES = st.floats(-70.0, 70.0)


@given(LATITUDES)
def test_area_of_a_small_box_is_the_geodesic_one(lat):
    square = box(113.0, lat, 113.001, lat + 0.001)
    expected, _ = GEOD.geometry_area_perimeter(square)
    assert ellipsoid_area_m2(square) == pytest.approx(expected, rel=1e-4)


@given(LATITUDES, st.floats(0.1, 0.9))
def test_areas_of_two_halves_add_up(lat, share):
    cut = lat + share * 0.1
    halves = box(113.0, lat, 113.1, cut), box(113.0, cut, 113.1, lat + 0.1)
    whole = ellipsoid_area_m2(box(113.0, lat, 113.1, lat + 0.1))
    assert sum(map(ellipsoid_area_m2, halves)) == pytest.approx(whole, rel=1e-6)


def test_length_of_a_degree_of_latitude():
    assert geodesic_length_m(113.0, 34.0, 113.0, 35.0) == pytest.approx(110_931, abs=1.0)
