"""True metres from a point to the polygons about it, in a planar CRS.

Polygons are projected vertex by vertex, their edges stay straight. That happens when one is first
asked about, and is kept for the next question: then a distance costs some twenty microseconds.
"""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely import STRtree

from gridgeo.geometry.crs import Planar
from gridgeo.geometry.rings import rings_of
from gridgeo.geometry.shape_table import ShapeTable

SAME_PLACE_M = 0.01
"""Borders nearer to each other than this are one border."""

KEPT = 8_192
"""So many polygons, and surroundings of polygons, are kept in metres: at most 50 MB."""

PLANAR_M = 1_000_000.0
"""Farther than this from the middle of the city the ellipsoid is asked instead of the plane."""

_ROUND_QUARTER = 64
_BULGE = 0.02  # a parallel is curved in the plane, by far less than this share of a box
_GEOD = Geod(ellps="GRS80")

Array = NDArray[np.float64]
Shapes = NDArray[np.object_]


class _Around(NamedTuple):
    """The border of a polygon, and of others what lies along it, in metres.

    `sides` (5, n) are start x and y, way to the end in x and y, 1 / squared length; `first` is
    where those of the polygon begin, and those of each of the `others`.
    """

    others: list[int]
    sides: Array
    first: NDArray[np.int64]


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
    """

    def __init__(self, shapes: ShapeTable, planar: Planar) -> None:
        self._shapes = shapes
        self._planar = planar
        self._metres: dict[int, shapely.Geometry] = {}
        self._surroundings: dict[int, _Around] = {}

    def over(self, shapes: ShapeTable, changed: Collection[int]) -> "Nearby":
        """Return the same over another table, where only these polygons differ."""
        other = Nearby(shapes, self._planar)
        kept = self._metres.copy()
        other._metres = {number: kept[number] for number in kept.keys() - set(changed)}
        return other

    def border(self, number: int, lon: float, lat: float) -> tuple[float, list[tuple[float, int]]]:
        """Metres from a point inside a polygon to its border, and what lies across there.

        Returns
        -------
        distance_m : float
        across : list of (metres, number)
            The other polygons not farther than the border and `SAME_PLACE_M`, in no order; none
            where the border is the outline of the coverage.
        """
        others, sides, first = self._around(number)
        x, y = self._planar.point(lon, lat)
        distance_m, *away_m = _least_m(sides, first, x, y)
        limit_m = distance_m + SAME_PLACE_M
        found = zip(away_m, others, strict=True)
        return distance_m, [(metres, other) for metres, other in found if metres <= limit_m]

    def shares(self, lon: float, lat: float, radius_m: float) -> list[tuple[float, int]]:
        """Share of a disc that each polygon covers, for those that meet it, in no order."""
        dlon, dlat = _reach(lat, radius_m)
        numbers = self._shapes.meeting((lon - dlon, lat - dlat, lon + dlon, lat + dlat))
        if not numbers:
            return []
        at = shapely.points(self._planar.point(lon, lat))
        disc = shapely.buffer(at, radius_m, quad_segs=_ROUND_QUARTER)
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

    def _around(self, number: int) -> _Around:
        found = self._surroundings.get(number)
        if found is None:
            found = self._look_around(number)
            if len(self._surroundings) >= KEPT:
                self._surroundings = {}
            self._surroundings[number] = found
        return found

    def _look_around(self, number: int) -> _Around:
        west, south, east, north = shapely.bounds(self._shapes[number]).tolist()
        dlon, dlat = _reach(max(abs(south), abs(north)), 2 * SAME_PLACE_M)
        met = self._shapes.meeting((west - dlon, south - dlat, east + dlon, north + dlat))
        shapes = self._in_metres([number, *(other for other in met if other != number)])
        own, ends, owner = shapes[0], *_sides_of(shapes)
        shapely.prepare(own)
        near = (owner == 0) | shapely.dwithin(own, shapely.linestrings(ends), 2 * SAME_PLACE_M)
        ends, owner = ends[near], owner[near]
        first = np.flatnonzero(np.diff(owner, prepend=-1))
        others = [other for other in met if other != number]
        start, along = ends[:, 0], ends[:, 1] - ends[:, 0]
        weight = 1.0 / (along**2).sum(axis=1)
        sides = np.column_stack((start, along, weight)).T.copy()
        return _Around([others[row - 1] for row in owner[first[1:]].tolist()], sides, first)

    def _in_metres(self, numbers: Sequence[int]) -> Shapes:
        """Polygons in metres, kept unless there are very many."""
        kept = self._metres
        missing = [number for number in numbers if number not in kept]
        made = self._planar.project_all([self._shapes[number] for number in missing])
        fresh = dict(zip(missing, made.tolist(), strict=True))
        found = np.array([fresh.get(n) or kept[n] for n in numbers], dtype=object)
        if len(kept) + len(fresh) > KEPT:
            self._metres = kept = {}
        if len(fresh) <= KEPT:
            kept.update(fresh)
        return found

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


def _sides_of(shapes: Shapes) -> tuple[Array, NDArray[np.int64]]:
    """Sides (n, 2, 2) of all rings, and the row of the polygon of each."""
    rings, of_ring = rings_of(shapes)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    onward = ring[1:] == ring[:-1]
    sides = np.stack((corners[:-1], corners[1:]), axis=1)[onward]
    return sides, of_ring[ring[1:][onward]]


def _least_m(sides: Array, first: NDArray[np.int64], x: float, y: float) -> list[float]:
    """Metres from a place to the nearest side of each run that begins at `first`."""
    from_x, from_y, along_x, along_y, weight = sides
    dx, dy = x - from_x, y - from_y
    share = ((dx * along_x + dy * along_y) * weight).clip(0.0, 1.0)
    dx -= share * along_x
    dy -= share * along_y
    squared = np.minimum.reduceat(dx * dx + dy * dy, first)
    metres: list[float] = np.sqrt(squared).tolist()
    return metres
