import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from gridgeo.geometry.squares import latitude, square_of

HALF_M = 20_037_508.342789244
DEGREES = Transformer.from_crs("EPSG:3857", "EPSG:4326", always_xy=True)


@given(z=st.integers(0, 22), x=st.floats(0, 0.999), y=st.floats(0, 0.999))
def test_a_tile_is_the_square_that_the_projection_says(z, x, y):
    column, row = int(x * 2**z), int(y * 2**z)
    size = 2 * HALF_M / 2**z
    west, north = column * size - HALF_M, HALF_M - row * size
    expected = (*DEGREES.transform(west, north - size), *DEGREES.transform(west + size, north))
    assert square_of(z, column, row, 0.0) == pytest.approx(expected, abs=1e-9)


def test_a_buffer_goes_on_beyond_all_edges():
    plain, wide = square_of(14, 13360, 6530, 0.0), square_of(14, 13360, 6530)
    assert wide[0] < plain[0] and wide[1] < plain[1] and wide[2] > plain[2] and wide[3] > plain[3]


def test_the_square_world_ends_at_85_degrees():
    assert latitude(0.0) == pytest.approx(85.0511287798066)
    assert latitude(0.5) == pytest.approx(0.0)
