"""True metres from a point to the polygons about it, in a planar CRS.

Polygons are projected vertex by vertex, their edges stay straight. That happens when one is first
asked about, and is kept for the next question: then a distance costs some twenty microseconds.
"""

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely import STRtree

from gridgeo.geometry.crs import Planar
from gridgeo.geometry.rings import rings_of_one
from gridgeo.geometry.shape_table import ShapeTable

AS_NEAR_M = 1e-6
"""Sides whose distances differ by no more than this are equally near."""

KEPT = 8_192
"""So many polygons, and borders of polygons, are kept in metres: at most 50 MB."""

PLANAR_M = 1_000_000.0
"""Farther than this from the middle of the city the ellipsoid is asked instead of the plane."""

_TURN = np.linspace(0.0, 2.0 * np.pi, 256, endpoint=False)
_CIRCLE = np.stack((np.cos(_TURN), np.sin(_TURN)), axis=1)
"""Corners of what stands for a disc of radius 1: its area is 0.01 % less."""
_BULGE = 0.02  # a parallel is curved in the plane, by far less than this share of a box
_GEOD = Geod(ellps="GRS80")

Array = NDArray[np.float64]
Places = NDArray[np.complex128]
Shapes = NDArray[np.object_]
Beside = Callable[[tuple[float, float], tuple[float, float]], Collection[int]]


class NearestBorder(NamedTuple):
    """Metres to the nearest side of a polygon, the place there in degrees, and what lies across."""

    distance_m: float
    lon: float
    lat: float
    across: list[int]


class _Border(NamedTuple):
    """The sides of a polygon.

    `sides` (3, n) are start, way to the end, and 1 / that way, in metres as x + i y: how far along
    a side a point lies, from 0 to 1, is the real part of its way from the start divided by that
    way. In degrees a side goes from the row of `corners` that `rows` (n,) tells to the next.
    `across` are the polygons beyond a side, as far as they were asked for.
    """

    sides: Places
    corners: Array
    rows: NDArray[np.int64]
    across: dict[int, list[int]]


_ANYWHERE = shapely.Point(0.0, 0.0)


class _Boxes(NamedTuple):
    """Boxes in metres that hold the polygons: whose they are, all, and the box of them all."""

    numbers: list[int]
    tree: STRtree
    total: tuple[float, float, float, float]


class Nearby:
    """Distances to the polygons of a coverage, and shares of a disc; safe to share by threads.

    Parameters
    ----------
    shapes : ShapeTable
        Polygons in degrees by number, at least one.
    planar : Planar
        The CRS of the metres.
    beside : callable
        Returns the numbers of the polygons that have a side between two corners in degrees.
    """

    def __init__(self, shapes: ShapeTable, planar: Planar, beside: Beside) -> None:
        self._shapes = shapes
        self._planar = planar
        self._beside = beside
        self._metres: dict[int, shapely.Geometry] = {}
        self._borders: dict[int, _Border] = {}

    def over(self, shapes: ShapeTable, beside: Beside, changed: Collection[int]) -> "Nearby":
        """Return the same over another table, where only these polygons differ."""
        other = Nearby(shapes, self._planar, beside)
        kept = self._metres.copy()
        other._metres = {number: kept[number] for number in kept.keys() - set(changed)}
        return other

    def border(self, number: int, lon: float, lat: float) -> NearestBorder:
        """Return the nearest place of the border of a polygon, seen from a point inside it.

        Across lies what shares the nearest side, or one of several that are as near; nothing where
        that side belongs to the outline of the coverage. Numbers come in no order. The place is on
        the first of the nearest sides, which it divides in degrees as in the plane: on a side of a
        kilometre a few centimetres from the exact place.
        """
        border = self._border(number)
        start, along, weighed = border.sides
        away = complex(*self._planar.point(lon, lat)) - start
        share = (away * weighed).real
        np.minimum(share, 1.0, out=share)
        np.maximum(share, 0.0, out=share)
        away -= share * along
        metres = np.abs(away)
        least_m = float(metres.min())
        nearest = (metres <= least_m + AS_NEAR_M).nonzero()[0].tolist()
        across = [other for side in nearest for other in self._across(number, border, side)]
        side, corner = nearest[0], border.corners.item
        part, row = share.item(side), border.rows.item(side)
        west, south = corner(row, 0), corner(row, 1)
        return NearestBorder(
            least_m,
            west + part * (corner(row + 1, 0) - west),
            south + part * (corner(row + 1, 1) - south),
            across if len(nearest) == 1 else list(dict.fromkeys(across)),
        )

    def shares(self, lon: float, lat: float, radius_m: float) -> list[tuple[float, int]]:
        """Share of a disc that each polygon covers, for those that meet it, in no order."""
        dlon, dlat = _reach(lat, radius_m)
        numbers = self._shapes.meeting((lon - dlon, lat - dlat, lon + dlon, lat + dlat))
        if not numbers:
            return []
        disc = shapely.polygons(self._planar.point(lon, lat) + radius_m * _CIRCLE)
        shapes = self._in_metres(numbers)
        shapely.prepare(disc)
        inside = shapely.contains_properly(disc, shapes)
        areas_m2 = np.where(inside, shapely.area(shapes), 0.0)
        cut = ~inside & shapely.intersects(disc, shapes)
        areas_m2[cut] = shapely.area(shapely.intersection(shapes[cut], disc))
        found = zip((areas_m2 / shapely.area(disc)).tolist(), numbers, strict=True)
        return [(share, number) for share, number in found if share > 0.0]

    def nearest(self, lon: float, lat: float) -> tuple[float, list[int]]:
        """Metres from a point outside all polygons to the nearest, and which are that near."""
        x, y = self._planar.point(lon, lat)
        west, south, east, north = self._boxes.total
        reach_m = np.hypot(max(west - x, x - east, 0.0), max(south - y, y - north, 0.0))
        numbers, away_m = (
            self._nearest_in_plane(x, y) if reach_m < PLANAR_M else self._nearest_far(lon, lat)
        )
        least_m = float(away_m.min())
        return least_m, [numbers[row] for row in np.flatnonzero(away_m == least_m).tolist()]

    def _nearest_in_plane(self, x: float, y: float) -> tuple[list[int], Array]:
        numbers, tree, _ = self._boxes
        at = shapely.points((x, y))
        one = numbers[int(tree.nearest(at))]
        limit_m = float(shapely.distance(self._in_metres([one])[0], at))
        rows = tree.query(at, predicate="dwithin", distance=limit_m)
        near = [numbers[row] for row in rows.tolist()]
        return near, shapely.distance(self._in_metres(near), at)

    def _nearest_far(self, lon: float, lat: float) -> tuple[list[int], Array]:
        """On a sphere the polygon, on the ellipsoid its nearest corner: there it is the border."""
        numbers, boxes = self._boxes.numbers, np.radians(self._shapes.boxes)
        west, south, east, north = boxes.T
        x, y = np.radians(lon), np.radians(lat)
        middle = (south + north) / 2
        turn = np.cos((west + east) / 2 - x)
        cosine = np.sin(y) * np.sin(middle) + np.cos(y) * np.cos(middle) * turn
        number = numbers[int(np.argmax(cosine))]
        corners = shapely.get_coordinates(self._shapes[number])
        here = np.full(len(corners), lon), np.full(len(corners), lat)
        away_m = _GEOD.inv(*here, corners[:, 0], corners[:, 1])[2]
        return [number], np.array([away_m.min()])

    def _border(self, number: int) -> _Border:
        found = self._borders.get(number)
        if found is None:
            corners, ring = shapely.get_coordinates(
                rings_of_one(self._shapes[number]), return_index=True
            )
            x, y = self._planar.xy(*corners.T)
            place, from_here = x + 1j * y, np.flatnonzero(ring[1:] == ring[:-1])
            start, along = place[from_here], np.diff(place)[from_here]
            found = _Border(np.stack((start, along, 1.0 / along)), corners, from_here, {})
            if len(self._borders) >= KEPT:
                self._borders = {}
            self._borders[number] = found
        return found

    def _across(self, number: int, border: _Border, side: int) -> list[int]:
        found = border.across.get(side)
        if found is None:
            row = border.rows[side]
            (west, south), (east, north) = border.corners[row : row + 2].tolist()
            both = self._beside((west, south), (east, north))
            found = border.across[side] = [other for other in both if other != number]
        return found

    def _in_metres(self, numbers: Sequence[int]) -> Shapes:
        """Polygons in metres, kept unless there are very many."""
        kept = self._metres
        missing = [number for number in numbers if number not in kept]
        if not missing:
            return np.array([kept[number] for number in numbers], dtype=object)
        made = self._planar.project_all([self._shapes[number] for number in missing])
        fresh = dict(zip(missing, made.tolist(), strict=True))
        found = np.array([fresh.get(n) or kept[n] for n in numbers], dtype=object)
        if len(kept) + len(fresh) > KEPT:
            self._metres = kept = {}
        if len(fresh) <= KEPT:
            kept.update(fresh)
        return found

    def warm(self) -> None:
        """Build the trees of boxes now: no question about a disc, or from outside, waits for them.

        GEOS puts a tree together at the first question.
        """
        self._shapes.meeting((0.0, 0.0, 0.0, 0.0))
        self._boxes.tree.nearest(_ANYWHERE)

    @cached_property
    def _boxes(self) -> _Boxes:
        numbers, (west, south, east, north) = list(self._shapes), self._shapes.boxes.T
        corners = [self._planar.xy(x, y) for x in (west, east) for y in (south, north)]
        low, high = np.min(corners, axis=0), np.max(corners, axis=0)
        slack = _BULGE * (high - low).sum(axis=0)
        low, high = low - slack, high + slack
        tree = STRtree(shapely.box(*low, *high))
        return _Boxes(numbers, tree, (*low.min(axis=1).tolist(), *high.max(axis=1).tolist()))


def _reach(lat: float, radius_m: float) -> tuple[float, float]:
    """Degrees of longitude and of latitude that are no less than a radius."""
    dlat = radius_m / 110_000.0
    return dlat / max(float(np.cos(np.radians(lat))), 0.01), dlat
