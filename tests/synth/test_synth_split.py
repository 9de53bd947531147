"""Cutting a ring in two: exact shares of points, area and border."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.synth.chords import Wish
from gridgeo.synth.rings import (
    Frame,
    Ring,
    centroid,
    counter_clockwise,
    densified_ring,
    doubled_area,
    ring_polygon,
)
from gridgeo.synth.sites import distance_to_ring, inside, sites
from gridgeo.synth.split import SplitError, bisect

FRAME = Frame(34.7)
ORIGIN = np.array([1136000000, 347000000])


def star(radii: list[float]) -> Ring:
    turns = 2 * math.pi * np.arange(len(radii)) / len(radii)
    ways = np.column_stack([np.cos(turns), np.sin(turns)])
    return ORIGIN + (ways * np.array(radii)[:, None] * 1e5).astype(np.int64)


def wish(share: float, vertices: tuple[int, int] = (0, 0)) -> Wish:
    return Wish(share, 4e3, 0.1, 0.05, 1e5, 0.1, None, vertices)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0.8, 1.2), min_size=24, max_size=90),
    st.floats(0.25, 0.75),
    st.integers(0, 99),
)
def test_two_parts_share_a_line_and_sum_to_the_whole(
    radii: list[float], share: float, seed: int
) -> None:
    ring = star(radii)
    halves = bisect(ring, wish(share), FRAME, np.random.default_rng(seed))
    assert doubled_area(halves.first) + doubled_area(halves.second) == doubled_area(ring)
    parts = [ring_polygon(halves.first), ring_polygon(halves.second)]
    assert shapely.is_valid(parts).all()
    assert shapely.relate_pattern(*parts, "FF2F11212")
    corners = {tuple(point) for point in ring.tolist()}
    on_border = [tuple(point) in corners for point in halves.line.tolist()]
    assert on_border == [True] + [False] * (len(halves.line) - 2) + [True]
    assert len(halves.first) + len(halves.second) == len(ring) + 2 * len(halves.line) - 2


def test_the_first_part_has_about_the_wished_share() -> None:
    halves = bisect(star([1.0] * 60), wish(0.3), FRAME, np.random.default_rng(1))
    assert doubled_area(halves.first) / doubled_area(star([1.0] * 60)) == pytest.approx(
        0.3, abs=0.06
    )


def test_the_first_part_lies_at_the_low_end_of_the_axis() -> None:
    east = Wish(0.5, 4e3, 0.0, 0.0, 1e5, 0.0, (1.0, 0.0), (0, 0))
    halves = bisect(star([1.0] * 60), east, FRAME, np.random.default_rng(1))
    assert centroid(halves.first)[0] < centroid(halves.second)[0]


def test_a_part_gets_the_vertices_that_it_needs() -> None:
    halves = bisect(star([1.0] * 24), wish(0.5, (80, 0)), FRAME, np.random.default_rng(1))
    assert len(halves.first) >= 80


def slit_square() -> Ring:
    """A square with a thin slit from the west side across its middle, at half height."""
    corners = [
        (0, 0), (100, 0), (100, 100), (0, 100), (0, 51), (60, 51), (60, 49), (0, 49),
    ]  # fmt: skip
    steps = [
        (x0 + (x1 - x0) * k / 20, y0 + (y1 - y0) * k / 20)
        for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True)
        for k in range(20)
    ]
    return ORIGIN + np.rint(1000 * np.array(steps)).astype(np.int64)


@pytest.mark.parametrize("seed", range(5))
def test_a_chord_that_leaves_the_ring_gives_way_to_the_next(seed: int) -> None:
    northward = Wish(0.5, 4e3, 0.0, 0.05, 4e4, 0.1, (1.0, 0.0), (0, 0))
    halves = bisect(slit_square(), northward, FRAME, np.random.default_rng(seed))
    parts = [ring_polygon(halves.first), ring_polygon(halves.second)]
    assert shapely.relate_pattern(*parts, "FF2F11212")
    assert not shapely.LineString(halves.line).crosses(ring_polygon(slit_square()))


def test_a_ring_too_small_to_cut_is_an_error() -> None:
    with pytest.raises(SplitError, match="7 vertices"):
        bisect(star([1.0] * 7), wish(0.5), FRAME, np.random.default_rng(1))


def test_a_clockwise_ring_is_turned() -> None:
    ring = star([1.0] * 9)
    assert doubled_area(counter_clockwise(ring[::-1])) == doubled_area(ring) > 0
    assert counter_clockwise(ring) is ring


def test_a_densified_ring_keeps_its_corners_and_its_spacing() -> None:
    ring = densified_ring(shapely.box(113.6, 34.7, 113.61, 34.71), 20.0, FRAME)
    steps = np.hypot(*(FRAME.metric(ring) - FRAME.metric(np.roll(ring, 1, axis=0))).T)
    assert {(1136000000, 347000000), (1136100000, 347100000)} <= {tuple(p) for p in ring.tolist()}
    assert steps.max() <= FRAME.units(20.0) + 1.5
    assert doubled_area(ring) == 2 * 100000 * 100000


def test_sites_are_inside_and_know_their_clearance() -> None:
    ring = star([1.0, 0.5] * 12)
    found = sites(ring, 40, 0.3, FRAME)
    polygon = shapely.Polygon(FRAME.metric(ring - ring[0]))
    points = shapely.points(found.points)
    assert shapely.contains_properly(polygon, points).all()
    assert found.clearance == pytest.approx(shapely.distance(polygon.exterior, points))
    assert inside(found.points, FRAME.metric(ring - ring[0])).all()
    assert distance_to_ring(np.zeros((0, 2)), found.points).shape == (0,)


def test_a_narrow_ring_still_has_a_site() -> None:
    sliver = ORIGIN + np.array([(0, 0), (90000, 0), (90000, 300), (0, 300)])
    assert len(sites(sliver, 4, 0.7, FRAME).points) >= 1
