"""`Overlay` against the exact predicate, for polygons that overlap."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from maps import TOWN, draw

from gridgeo.geometry.overlay import Overlay
from gridgeo.geometry.rational import relate_rational
from gridgeo.geometry.shape_table import ShapeTable


def overlapping(seed):
    """Two drawn maps over each other."""
    one = draw(TOWN, wobble=seed).shapes
    return one + draw(TOWN, wobble=seed + 1, origin=(113.0123, 34.5077)).shapes


def overlay(shapes):
    return Overlay(ShapeTable.of(dict(enumerate(shapes))))


def covering(shapes, x, y):
    return [row for row, shape in enumerate(shapes) if relate_rational(shape, x, y) >= 0]


@pytest.mark.parametrize("seed", [1, 5])
def test_corners_and_middles_of_edges_belong_to_all_that_cover_them(seed):
    shapes = overlapping(seed)
    grids = overlay(shapes)
    corners = np.unique(shapely.get_coordinates(shapes), axis=0)
    for x, y in [*corners.tolist(), *((corners[:-1] + corners[1:]) / 2).tolist()]:
        assert grids.covering(x, y) == covering(shapes, x, y)


@given(st.integers(0, 1000), st.floats(112.9, 113.2), st.floats(34.4, 34.6))
def test_any_point_is_covered_by_those_that_cover_it(seed, x, y):
    shapes = overlapping(seed % 7)
    assert overlay(shapes).covering(x, y) == covering(shapes, x, y)


def test_no_polygons_cover_nothing():
    assert overlay([]).covering(113.0, 34.5) == []
