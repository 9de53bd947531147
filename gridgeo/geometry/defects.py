"""Find, locate and measure what is wrong where boundary segments do not cancel.

The segments that stay unmatched cut the plane into faces, and on each face the number of covering
polygons is constant; so one exact count at one inner point tells gap, overlap or spill, and the
face is the defect. Segments that bound no such face have a corner on them that is no vertex.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import Polygon

from gridgeo.geometry.lattice import SCALE, to_degrees
from gridgeo.geometry.measure import ellipsoid_area_m2, geodesic_length_m
from gridgeo.geometry.noding import in_cell
from gridgeo.geometry.predicates import holds_just_north, orientation, ring_edges
from gridgeo.geometry.problem import Problem
from gridgeo.geometry.segments import (
    Segments,
    as_lines,
    directed_segments,
    joined,
    unmatched,
    unpack,
)

Spill = Literal["outside_parent", "overlap"]

_NEAR = 1e-3  # lattice units: a tenth of a hair, far above the rounding of computed crossings
REFERENCE = -1


@dataclass(frozen=True)
class Expectation:
    """What a set of polygons is measured against: the ground it should cover once each.

    Without a reference every hole of the set counts as a gap, and nothing spills.
    """

    reference: NDArray[np.object_]
    spill: Spill

    @property
    def segments(self) -> Segments:
        """Borders of the reference, walked the other way, so that they cancel what covers it."""
        segments = directed_segments(self.reference).reversed()
        return segments._replace(owner=np.full(len(segments.owner), REFERENCE, dtype=np.int64))


def find_defects(
    shapes: NDArray[np.object_], codes: list[str], expected: Expectation, own: Segments
) -> list[Problem]:
    """Problems of valid polygons (degrees, on the lattice) against what they should cover.

    `own` are the directed segments of the polygons.
    """
    return describe_loose(shapes, codes, expected, unmatched(joined(own, expected.segments)))


def describe_loose(
    shapes: NDArray[np.object_], codes: list[str], expected: Expectation, loose: Segments
) -> list[Problem]:
    """Problems that unmatched segments tell of; the owners are positions or `REFERENCE`."""
    if not len(loose.owner):
        return []
    problems = _Scene(shapes, codes, expected, loose).problems()
    if not problems and len(expected.reference):
        problems = [_longest_loose_edge(loose, codes)]
    return sorted(set(problems), key=lambda p: (p.kind, p.codes, p.lon, p.lat))


class _Scene:
    """The arrangement of the unmatched segments, in lattice units."""

    def __init__(
        self,
        shapes: NDArray[np.object_],
        codes: list[str],
        expected: Expectation,
        loose: Segments,
    ) -> None:
        self.codes = codes
        self.spill = expected.spill
        self.has_reference = len(expected.reference) > 0
        self.loose = loose
        self.a, self.b = unpack(loose.start), unpack(loose.end)
        self.lines = as_lines(self.a, self.b)
        self.line_tree = STRtree(self.lines)
        self.cover = _Cover(shapes)
        self.reference = _Cover(expected.reference)

    def problems(self) -> list[Problem]:
        faces = shapely.get_parts(shapely.polygonize([shapely.union_all(self.lines)]))
        inner = shapely.get_coordinates(shapely.point_on_surface(faces))
        found: list[Problem] = []
        for face, (x, y) in zip(faces, inner.tolist(), strict=True):
            found.extend(self._face_problems(face, x, y))
        return found + list(self._corners_on_edges())

    def _face_problems(self, face: Polygon, x: float, y: float) -> Iterator[Problem]:
        covering = self.cover.at(x, y)
        wanted = len(self.reference.at(x, y)) > 0 or not self.has_reference
        names = tuple(sorted({self.codes[i] for i in covering}, key=str.encode))
        size = ellipsoid_area_m2(shapely.transform(face, lambda xy: xy / SCALE))
        lon, lat = x / SCALE, y / SCALE
        faulty = len(covering) != wanted if self.has_reference else len(covering) != 1
        if faulty and _is_sliver(face):
            yield self._sliver(face, size)
            return
        if wanted and not covering:
            message = f"{size:.3f} m2 belong to nobody"
            yield Problem("gap", self._around(face), lon, lat, message, area_m2=size)
        if len(covering) > 1:
            message = f"{size:.3f} m2 belong to {len(covering)} units"
            yield Problem("overlap", names, lon, lat, message, area_m2=size)
        if covering and not wanted:
            message = f"{size:.3f} m2 lie beyond what is to be covered"
            yield Problem(self.spill, names, lon, lat, message, area_m2=size)

    def _sliver(self, face: Polygon, size: float) -> Problem:
        a, b, corner, *_ = (_from_longest_side(face) / SCALE).tolist()
        length = geodesic_length_m(*a, *b)
        lon, lat = corner
        message = (
            f"a corner lies beside a neighbour's edge of {length:.3f} m and is no vertex of it"
        )
        codes = self._around(face)
        return Problem("unmatched_edge", codes, lon, lat, message, size_m=length, area_m2=size)

    def _around(self, face: Polygon) -> tuple[str, ...]:
        """Codes of the owners of the unmatched segments along the border of a face."""
        edges = ring_edges(face)
        middles = shapely.points((edges[:, :2] + edges[:, 2:]) / 2)
        _, line = self.line_tree.query(middles, predicate="dwithin", distance=_NEAR)
        return self._names(self.loose.owner[line])

    def _names(self, owners: NDArray[np.int64]) -> tuple[str, ...]:
        names = {self.codes[i] for i in np.unique(owners) if i != REFERENCE}
        return tuple(sorted(names, key=str.encode))

    def _corners_on_edges(self) -> Iterator[Problem]:
        """Corners exactly on an unmatched edge: the faces on both sides may be sound."""
        corners = np.unique(np.concatenate((self.loose.start, self.loose.end)))
        xy = unpack(corners)
        corner, edge = self.line_tree.query(
            shapely.points(xy.astype(np.float64)), predicate="dwithin", distance=_NEAR
        )
        p, a, b = (v.astype(np.float64) for v in (xy[corner], self.a[edge], self.b[edge]))
        within = (((p - a) * (p - b)).sum(axis=1) < 0) & (orientation(*a.T, *b.T, *p.T) == 0)
        around = _Groups(corner, self.loose.owner[edge])
        for c, e in zip(corner[within], edge[within], strict=True):
            yield _edge_problem(xy[c], self.a[e], self.b[e], self._names(around[c]))


class _Groups:
    """Values by key, looked up by bisection."""

    def __init__(self, keys: NDArray[np.int64], values: NDArray[np.int64]) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys, self._values = keys[order], values[order]

    def __getitem__(self, key: int) -> NDArray[np.int64]:
        first, last = np.searchsorted(self._keys, [key, key + 1])
        return self._values[first:last]


class _Cover:
    """Which polygons hold a point, or the one just beside it when it is on a border."""

    def __init__(self, shapes: NDArray[np.object_]) -> None:
        self._shapes = shapes
        self._tree = STRtree(shapes)
        self._edges: dict[int, NDArray[np.float64]] = {}

    def at(self, x: float, y: float) -> list[int]:
        """Positions of the polygons that hold a point in lattice units, in order."""
        reach = (np.array([x - 1, y - 1, x + 1, y + 1]) / SCALE).tolist()
        near = np.sort(self._tree.query(shapely.box(*reach))).tolist()
        return [i for i in near if holds_just_north(self._edges_of(i), x, y)]

    def _edges_of(self, i: int) -> NDArray[np.float64]:
        if i not in self._edges:
            self._edges[i] = np.rint(ring_edges(self._shapes[i]) * SCALE)
        return self._edges[i]


def _from_longest_side(face: Polygon) -> NDArray[np.float64]:
    """Corners of a face, in lattice units, beginning with the two ends of its longest side."""
    corners = shapely.get_coordinates(face.exterior)[:-1]
    sides = np.roll(corners, -1, axis=0) - corners
    return np.roll(corners, -int(np.argmax(np.hypot(*sides.T))), axis=0)


def _is_sliver(face: Polygon) -> bool:
    """Whether a face only comes from corners that count as lying on its longest side."""
    a, b, *corners = _from_longest_side(face)
    p = np.array(corners)
    return bool(in_cell(p, np.broadcast_to(a, p.shape), np.broadcast_to(b, p.shape)).all())


def _longest_loose_edge(loose: Segments, codes: list[str]) -> Problem:
    """Name an edge when the arrangement is too fine for its faces to be seen."""
    a, b = unpack(loose.start), unpack(loose.end)
    i = int(np.argmax(np.hypot(*(a - b).T)))
    owner = loose.owner[i]
    return _edge_problem(a[i], a[i], b[i], () if owner == REFERENCE else (codes[owner],))


def _edge_problem(
    at: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64], codes: tuple[str, ...]
) -> Problem:
    lon, lat = to_degrees(at).tolist()
    length = geodesic_length_m(*to_degrees(a).tolist(), *to_degrees(b).tolist())
    message = f"an edge of {length:.3f} m has no counterpart: a corner on it is no vertex of it"
    return Problem("unmatched_edge", codes, lon, lat, message, size_m=length)
