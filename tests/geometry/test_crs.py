import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from gridgeo.geometry.crs import Planar, from_wgs84, to_wgs84
from gridgeo.geometry.errors import NotACoordinate, UnknownCrs
from gridgeo.geometry.measure import ellipsoid_area_m2, geodesic_length_m

PLANAR = Planar(4547)
BLOCK = box(113.65, 34.75, 113.66, 34.76)
NAMES = ["EPSG:4326", "EPSG:4490", "epsg:4547", "EPSG:4526", "EPSG:3857", "EPSG:32649"]
NAMES += ["GCJ-02", "gcj02", "BD-09", "bd09"]


def test_planar_point_of_zhengzhou_is_the_measured_one():
    easting, northing = PLANAR.xy(113.65, 34.75)
    assert (float(easting), float(northing)) == pytest.approx((467952.197, 3846914.124), abs=1e-3)


def test_planar_area_is_the_geodesic_one_within_the_scale_of_the_projection():
    assert PLANAR.area_m2(BLOCK) == pytest.approx(ellipsoid_area_m2(BLOCK), rel=4e-4)
    assert PLANAR.areas_m2([BLOCK, BLOCK]).tolist() == [PLANAR.area_m2(BLOCK)] * 2
    assert PLANAR.areas_m2([]).tolist() == []


def test_planar_length_and_distance_are_geodesic_within_the_scale_of_the_projection():
    line = LineString([(113.65, 34.75), (113.66, 34.76)])
    expected = geodesic_length_m(113.65, 34.75, 113.66, 34.76)
    assert PLANAR.length_m(line) == pytest.approx(expected, rel=2e-4)
    ends = Point(113.65, 34.75), Point(113.66, 34.76)
    assert PLANAR.distance_m(*ends) == PLANAR.length_m(line)
    assert PLANAR.distance_m(ends[0], BLOCK) == 0.0


def test_unknown_planar_srid_is_named():
    with pytest.raises(UnknownCrs, match="srid = 999999") as caught:
        Planar(999999)
    assert (caught.value.key, caught.value.value) == ("srid", 999999)


@pytest.mark.parametrize("crs", NAMES)
@given(lon=st.floats(112.0, 115.0), lat=st.floats(33.0, 36.0))
def test_there_and_back_is_below_a_millimetre(crs, lon, lat):
    x, y = to_wgs84(*from_wgs84(lon, lat, crs), crs)
    assert geodesic_length_m(lon, lat, float(x), float(y)) < 1e-3


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490"])
def test_cgcs2000_is_treated_as_equal_to_wgs84(crs):
    lon, lat = to_wgs84([113.65, 180.0], [34.75, -90.0], crs)
    assert (lon.tolist(), lat.tolist()) == ([113.65, 180.0], [34.75, -90.0])


@pytest.mark.parametrize("crs", ["", "WGS84", "EPSG:", "EPSG:x", "EPSG:999999", "+proj=merc"])
def test_unknown_system_is_named(crs):
    with pytest.raises(UnknownCrs) as caught:
        to_wgs84(1.0, 2.0, crs)
    assert (caught.value.key, caught.value.value) == ("crs", crs)
    with pytest.raises(UnknownCrs):
        from_wgs84(1.0, 2.0, crs)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4547", "GCJ-02"])
def test_point_that_is_none_is_refused_with_its_row(crs):
    with pytest.raises(NotACoordinate, match="row 1"):
        to_wgs84([1.0, np.nan], [2.0, 2.0], crs)


def test_point_beyond_its_system_is_refused_with_its_row():
    with pytest.raises(NotACoordinate, match="row 1: lon"):
        to_wgs84([467952.0, 1e12], [3846914.0, 1e12], "EPSG:4547")
