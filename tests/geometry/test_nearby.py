"""Distances and shares of `Nearby` against shapely, one polygon at a time."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from maps import PICTURES, TOWN, draw

from gridgeo.geometry import nearby
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.nearby import Nearby
from gridgeo.geometry.point_index import PointIndex
from gridgeo.geometry.shape_table import ShapeTable

PLANAR = Planar(4547)


def placed(picture, wobble=3):
    """A drawn map by number, what is near in it, and its polygons in metres."""
    shapes = dict(enumerate(draw(picture, wobble=wobble).shapes))
    metres = {number: PLANAR.project(shape) for number, shape in shapes.items()}
    return shapes, nearby_of(ShapeTable.of(shapes)), metres


def nearby_of(table):
    index = PointIndex.build(list(table.values()), ids=list(table), snap=False)
    return Nearby(table, PLANAR, index.beside)


def points_about(shapes, count=60, seed=1, margin=0.0):
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    low, high = (west - margin, south - margin), (east + margin, north + margin)
    points = np.random.default_rng(seed).uniform(low, high, (count, 2)).tolist()
    corners = shapely.get_coordinates(list(shapes.values())).tolist()
    return points + corners[::3]


def in_metres(lon, lat):
    return PLANAR.project(shapely.Point(lon, lat))


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_the_border_and_what_lies_across_are_as_far_as_shapely_says(picture):
    shapes, near, metres = placed(picture)
    for lon, lat in points_about(shapes):
        at = in_metres(lon, lat)
        home = next((n for n, s in shapes.items() if s.intersects(shapely.Point(lon, lat))), None)
        if home is None:
            continue
        distance_m, *place, across = near.border(home, lon, lat)
        assert distance_m == pytest.approx(at.distance(metres[home].boundary), abs=1e-6)
        assert in_metres(*place).distance(at) == pytest.approx(distance_m, abs=0.1)
        assert in_metres(*place).distance(metres[home].boundary) < 0.1
        shared = {number: shared_border(metres[home], metres[number]) for number in shapes}
        told = {
            n for n, line in shared.items() if n != home and at.distance(line) < distance_m + 1e-6
        }
        assert sorted(across) == sorted(told)


def shared_border(one, other):
    """The sides that two polygons have in common; empty where they meet at corners only."""
    sides = [set(map(frozenset, sides_of(shape))) for shape in (one, other)]
    return shapely.MultiLineString([tuple(side) for side in sides[0] & sides[1]])


def sides_of(shape):
    return [
        pair
        for ring in shapely.get_rings(shapely.get_parts(shape))
        for pair in pairwise(map(tuple, shapely.get_coordinates(ring).tolist()))
    ]


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize("margin", [0.02, 2.0])
def test_the_nearest_polygon_is_that_of_shapely(picture, margin):
    shapes, near, metres = placed(picture)
    whole = shapely.union_all(list(shapes.values()))
    for lon, lat in points_about(shapes, margin=margin):
        if not whole.intersects(shapely.Point(lon, lat)):
            away = {number: in_metres(lon, lat).distance(shape) for number, shape in metres.items()}
            least_m, found = near.nearest(lon, lat)
            assert least_m == pytest.approx(min(away.values()), abs=1e-6)
            assert found == [number for number in away if away[number] == least_m]


def test_from_far_away_the_ellipsoid_is_asked():
    _, near, _ = placed(TOWN)
    equator_m, _ = near.nearest(113.0, 0.0)
    assert equator_m == pytest.approx(3_818_500, abs=2_000)  # meridian arc to 34.5 degrees
    beyond_m, _ = near.nearest(24.0, 0.0)  # no place in the plane
    assert 8e6 < beyond_m < 1.1e7


@pytest.mark.parametrize("radius_m", [1.0, 40.0, 900.0, 30_000.0])
def test_shares_of_a_disc_are_those_of_shapely(radius_m):
    shapes, near, metres = placed(TOWN)
    for lon, lat in points_about(shapes, count=20):
        disc = in_metres(lon, lat).buffer(radius_m, quad_segs=64)
        told = {number: share for share, number in near.shares(lon, lat, radius_m)}
        for number, shape in metres.items():
            share = shape.intersection(disc).area / disc.area
            assert told.get(number, 0.0) == pytest.approx(share, abs=1e-9)


def test_where_nothing_is_near_nothing_has_a_share():
    _, near, _ = placed(TOWN)
    assert near.shares(120.0, 30.0, 100.0) == []


def test_after_a_change_the_answers_are_those_of_a_fresh_start():
    shapes, near, _ = placed(TOWN)
    points = points_about(shapes)
    homes = [
        next((n for n, s in shapes.items() if s.intersects(shapely.Point(p))), None) for p in points
    ]
    asked = [(n, p) for n, p in zip(homes, points, strict=True) if n is not None]
    for number, point in asked:
        near.border(number, *point)
    merged = {1: shapely.union(shapes[1], shapes[3])}
    table = ShapeTable.of(shapes).replaced([3], merged)
    fresh = nearby_of(table)
    followed = near.over(table, fresh._beside, {1, 3})
    for number, point in asked:
        if number != 3:
            assert sorted(followed.border(number, *point).across) == sorted(
                fresh.border(number, *point).across
            )
        assert followed.shares(*point, 500.0) == fresh.shares(*point, 500.0)


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(nearby, "KEPT", 3)
    shapes, near, metres = placed(TOWN)
    for lon, lat in points_about(shapes, count=200):
        for number, shape in shapes.items():
            if shape.intersects(shapely.Point(lon, lat)):
                distance_m = near.border(number, lon, lat).distance_m
                away_m = in_metres(lon, lat).distance(metres[number].boundary)
                assert distance_m == pytest.approx(away_m, abs=1e-6)
    assert len(near._metres) <= 3 and len(near._borders) <= 3
