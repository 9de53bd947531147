import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridgeo.geometry import datum
from gridgeo.geometry.measure import geodesic_length_m

LON, LAT = st.floats(73.0, 136.0), st.floats(3.0, 54.0)
MILLIMETRE = 1e-3


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (datum.wgs84_to_gcj02, datum.gcj02_to_wgs84),
        (datum.gcj02_to_bd09, datum.bd09_to_gcj02),
        (datum.wgs84_to_bd09, datum.bd09_to_wgs84),
    ],
)
@given(lon=LON, lat=LAT)
def test_there_and_back_is_below_a_millimetre(there, back, lon, lat):
    x, y = back(*there(lon, lat))
    assert geodesic_length_m(lon, lat, float(x), float(y)) < MILLIMETRE
    x, y = there(*back(lon, lat))
    assert geodesic_length_m(lon, lat, float(x), float(y)) < MILLIMETRE


def test_shift_in_zhengzhou_is_what_was_measured():
    shifted = datum.wgs84_to_gcj02(113.65, 34.75)
    assert 537 < geodesic_length_m(113.65, 34.75, *map(float, shifted)) < 612


def test_shift_in_beijing_is_the_published_one():
    lon, lat = datum.wgs84_to_gcj02(116.404, 39.915)
    assert (float(lon), float(lat)) == pytest.approx((116.41024449916938, 39.91640428150164))
    lon, lat = datum.gcj02_to_bd09(116.404, 39.915)
    assert (float(lon), float(lat)) == pytest.approx((116.41036949371029, 39.92133699351021))


@pytest.mark.parametrize(("lon", "lat"), [(2.35, 48.85), (-74.0, 40.7), (139.7, 35.7), (113, 0.5)])
def test_outside_the_box_nothing_moves(lon, lat):
    x, y = datum.wgs84_to_gcj02(lon, lat)
    assert (x, y) == (lon, lat)
    x, y = datum.gcj02_to_wgs84(lon, lat)
    assert (x, y) == (lon, lat)


def test_arrays_keep_their_shape_and_broadcast():
    x, y = datum.gcj02_to_wgs84(np.full((3, 1), 113.0), np.full(2, 34.0))
    assert x.shape == y.shape == (3, 2)
