"""The pole of inaccessibility: inside, and as far from the border as the search promises."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from gridgeo.geometry.generalise.frame import to_fine
from gridgeo.geometry.generalise.poles import NEARNESS, poles_of
from gridgeo.geometry.lattice import to_degrees, to_lattice


def polygon(places, holes=()):
    """A polygon of lattice steps of 1e-5 degrees, beside 113.6, 34.7."""
    shift = np.array([1_136_000_000, 347_000_000])
    rings = [to_degrees(np.array(ring) * 100 + shift) for ring in (places, *holes)]
    return Polygon(rings[0], rings[1:])


def on_map(shape):
    return shapely.transform(
        shape, lambda xy: to_fine(to_lattice(xy).astype(np.int64)).astype(float)
    )


SQUARE = polygon([(0, 0), (80, 0), (80, 80), (0, 80)])
HOOK = polygon([(0, 0), (300, 0), (300, 30), (30, 30), (30, 300), (0, 300)])
FRAME = polygon(
    [(0, 0), (100, 0), (100, 100), (0, 100)], [[(10, 10), (90, 10), (90, 80), (10, 80)]]
)
TWO = MultiPolygon([HOOK, polygon([(400, 400), (500, 400), (500, 500), (400, 500)])])


@pytest.mark.parametrize(
    "shape", [SQUARE, HOOK, FRAME, TWO], ids=["square", "hook", "frame", "two"]
)
def test_a_pole_lies_inside_with_room_all_around(shape):
    xy, widths = poles_of([shape])
    ground, place = on_map(shape), shapely.Point(xy[0])
    assert ground.contains(place)
    assert ground.boundary.distance(place) == pytest.approx(widths[0] / 2, abs=2.0)
    west, south, east, north = ground.bounds
    best = shapely.maximum_inscribed_circle(ground, 8.0).length
    assert widths[0] / 2 >= best - max(east - west, north - south) * NEARNESS


def test_the_pole_of_a_square_is_its_middle():
    xy, widths = poles_of([SQUARE])
    west, north, east, south = on_map(SQUARE).bounds
    assert xy[0].tolist() == pytest.approx([(west + east) / 2, (north + south) / 2], rel=1e-6)
    assert widths[0] == pytest.approx(east - west, rel=0.05)


def test_the_larger_part_of_two_has_the_label():
    xy, _ = poles_of([TWO])
    assert on_map(TWO.geoms[1]).contains(shapely.Point(xy[0]))


def test_nothing_has_no_poles():
    xy, widths = poles_of([])
    assert xy.shape == (0, 2) and widths.shape == (0,)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(20, 200), min_size=5, max_size=12), st.integers(1, 40))
def test_a_pole_depends_on_its_polygon_alone(radii, times):
    angles = np.arange(len(radii)) * 2 * np.pi / len(radii)
    star = np.array(radii)[:, None] * np.column_stack((np.cos(angles), np.sin(angles)))
    shape = polygon(np.rint(star).astype(int).tolist())
    alone = poles_of([shape])
    among = poles_of([box(113.0, 34.0, 113.1, 34.1)] * times + [shape])
    assert on_map(shape).contains(shapely.Point(alone.xy[0]))
    assert alone.xy[0].tolist() == among.xy[-1].tolist()
    assert alone.widths[0] == among.widths[-1]
