"""What two polygons have in common, exactly on their doubles.

Where two borders cross, edge through edge, each polygon has ground within the other and beyond it.
Where they do not, they meet at corners only; cut there, each piece of a border lies within the
other polygon, outside it or along its border, and so does the ground to its left. All that has to
be asked is where corners lie, and middles between two of them: rational numbers say it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from enum import Enum
from fractions import Fraction
from functools import cached_property, partial
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.predicates import orientation
from gridgeo.geometry.rings import rings_of_one

Relation = Literal["touches", "overlaps", "covers", "within", "intersects"]

Edges = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]
Place = tuple[float, float]
Piece = tuple[Place, Place]

SLACK = 1e-12
"""Degrees: more than the middle of two places is rounded by."""


class Common(NamedTuple):
    """What two polygons have in common.

    Attributes
    ----------
    meet
        Whether they have a point in common.
    overlap
        Whether they have ground in common.
    beyond, missing
        Whether the first has ground that the second has not; whether the second has such ground.
    """

    meet: bool
    overlap: bool
    beyond: bool
    missing: bool

    def stands(self, relation: Relation) -> bool:
        """Say whether the first polygon stands in a relation to the second."""
        return {
            "touches": self.meet and not self.overlap,
            "overlaps": self.overlap and self.beyond and self.missing,
            "covers": not self.missing,
            "within": not self.beyond,
            "intersects": self.meet,
        }[relation]


class Where(Enum):
    """Where a piece of a border lies, seen from another polygon."""

    INSIDE = 1
    OUTSIDE = 2
    ALONG = 3
    AGAINST = 4  # along its border, the grounds on different sides


class ExactPolygon:
    """A valid polygon in degrees, to be compared with others.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
        Holes, several parts, and rings that touch one another are fine.
    """

    def __init__(self, shape: Polygon | MultiPolygon) -> None:
        rings = rings_of_one(shapely.orient_polygons(shape))  # ground is to the left of each edge
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        real = (ring[1:] == ring[:-1]) & (xy[1:] != xy[:-1]).any(axis=1)
        self.edges: Edges = np.hstack((xy[:-1], xy[1:]))[real]
        self._ring: Indices = ring[:-1][real]
        if len(rings) > 1:  # where rings touch, the edge of one may hold a corner of another
            self._cut_where_rings_touch()

    def _cut_where_rings_touch(self) -> None:
        mine, other = self._tree.query(_segments(self.edges))
        on = _Meeting.of(self.edges[mine], self.edges[other]).second_starts
        pieces, edge = _cut(self.edges, mine[on], self.edges[other[on], :2])
        self.edges, self._ring = np.array(pieces).reshape(-1, 4), self._ring[edge]
        del self._tree

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(_segments(self.edges))

    @cached_property
    def _span(self) -> tuple[Edges, Edges]:
        """The southern and the northern end of each edge."""
        ay, by = self.edges[:, 1], self.edges[:, 3]
        return np.minimum(ay, by), np.maximum(ay, by)

    def compare(self, other: "ExactPolygon") -> Common:
        """Return what this polygon and another have in common."""
        mine, theirs = other._tree.query(_segments(self.edges))
        one, two = self.edges[mine], other.edges[theirs]
        meeting = _Meeting.of(one, two)
        if meeting.cross.any():
            return Common(True, True, True, True)
        on_me, on_them = meeting.second_starts, meeting.first_starts
        met = {*_places(two[on_me, :2]), *_places(one[on_them, :2])}
        here = self._beside(mine[meeting.is_any], mine[on_me], two[on_me, :2])
        there = other._beside(theirs[meeting.is_any], theirs[on_them], one[on_them, :2])
        seen = {*_wheres(here, set(there), met, other), *self._apart(mine[meeting.is_any], other)}
        back = {*_wheres(there, set(here), met, self), *other._apart(theirs[meeting.is_any], self)}
        overlap = bool({Where.INSIDE, Where.ALONG} & seen) or Where.INSIDE in back
        beyond = bool({Where.OUTSIDE, Where.AGAINST} & seen) or Where.INSIDE in back
        missing = bool({Where.INSIDE, Where.AGAINST} & seen) or Where.OUTSIDE in back
        return Common(bool(met) or overlap, overlap, beyond, missing)

    def _beside(self, meeting: Indices, cut: Indices, places: Edges) -> list[Piece]:
        """Return the pieces of the edges that meet another border, cut at places on them."""
        edges = np.unique(meeting)
        return _cut(self.edges[edges], np.searchsorted(edges, cut), places)[0]

    def _apart(self, meeting: Indices, other: "ExactPolygon") -> Iterator[Where]:
        """Say where the rings lie that do not meet the border of another."""
        rings, first = np.unique(self._ring, return_index=True)
        alone = ~np.isin(rings, self._ring[meeting])
        for x, y in _places(self.edges[first[alone], :2]):
            yield Where.INSIDE if other.holds(Fraction(x), Fraction(y)) else Where.OUTSIDE

    def holds(self, x: Fraction, y: Fraction) -> bool:
        """Say whether a place that is not on the border lies inside."""
        south, north = self._span
        level = float(y)
        met = self.edges[(south <= level + SLACK) & (north >= level - SLACK)].tolist()
        return sum(_is_east(edge, x, y) for edge in met) % 2 == 1


class _Meeting(NamedTuple):
    """How pairs of edges meet, each flag of shape (n,).

    Attributes
    ----------
    cross
        Inside of both.
    first_starts, second_starts
        The first end of the first edge lies on the second, its ends included, and the other way
        round.
    is_any
        An end of one lies on the other.
    """

    cross: Flags
    first_starts: Flags
    second_starts: Flags
    is_any: Flags

    @classmethod
    def of(cls, one: Edges, two: Edges) -> "_Meeting":
        """Look at pairs of edges (n, 4)."""
        (a0, on_a0), (a1, on_a1) = (_seen(two, one[:, k : k + 2]) for k in (0, 2))
        (b0, on_b0), (b1, on_b1) = (_seen(one, two[:, k : k + 2]) for k in (0, 2))
        cross = np.asarray((a0 * a1 < 0) & (b0 * b1 < 0))
        return cls(cross, on_a0, on_b0, on_a0 | on_a1 | on_b0 | on_b1)


def _seen(edges: Edges, places: Edges) -> tuple[NDArray[np.int8], Flags]:
    """Return the side of each edge on which a place lies, and whether it lies on the edge."""
    side = orientation(*edges.T, *places.T)
    low, high = np.minimum(edges[:, :2], edges[:, 2:]), np.maximum(edges[:, :2], edges[:, 2:])
    is_between = ((low <= places) & (places <= high)).all(axis=1)
    return side, np.asarray((side == 0) & is_between)


def _segments(edges: Edges) -> NDArray[np.object_]:
    return np.asarray(shapely.linestrings(edges.reshape(-1, 2, 2)), dtype=object)


def _places(xy: Edges) -> Iterator[Place]:
    return ((x, y) for x, y in xy.tolist())


def _cut(edges: Edges, which: Indices, places: Edges) -> tuple[list[Piece], list[int]]:
    """Cut edges at places on them, each given with its edge.

    Returns the pieces, in the order and direction of the edges, and the edge of each.
    """
    stops = defaultdict[int, set[Place]](set)
    for edge, place in zip(which.tolist(), _places(places), strict=True):
        stops[edge].add(place)
    pieces: list[Piece] = []
    owners: list[int] = []
    for k, (ax, ay, bx, by) in enumerate(edges.tolist()):
        way = [(ax, ay), (bx, by)]
        if k in stops:
            east, north = 1 if bx >= ax else -1, 1 if by >= ay else -1
            key = partial(_along, east, north)
            way = sorted(stops[k].union(way), key=key)
        pieces.extend(pairwise(way))
        owners.extend([k] * (len(way) - 1))
    return pieces, owners


def _along(east: int, north: int, place: Place) -> Place:
    return east * place[0], north * place[1]


def _wheres(
    pieces: Sequence[Piece], theirs: Collection[Piece], met: Collection[Place], other: ExactPolygon
) -> Iterator[Where]:
    """Say where each piece lies; those that a corner joins which is not `met` lie alike."""
    before: Place | None = None
    where = Where.OUTSIDE
    for start, end in pieces:
        if (start, end) in theirs:
            where = Where.ALONG
        elif (end, start) in theirs:
            where = Where.AGAINST
        elif start != before or start in met:
            x, y = ((Fraction(a) + Fraction(b)) / 2 for a, b in zip(start, end, strict=True))
            where = Where.INSIDE if other.holds(x, y) else Where.OUTSIDE
        before = end
        yield where


def _is_east(edge: Sequence[float], x: Fraction, y: Fraction) -> bool:
    """Whether an edge, which has one of its ends, passes to the east of a place."""
    ax, ay, bx, by = edge
    if (ay <= y) == (by <= y):
        return False
    turn = (Fraction(bx) - Fraction(ax)) * (y - Fraction(ay)) - (Fraction(by) - Fraction(ay)) * (
        x - Fraction(ax)
    )
    return turn > 0 if by > ay else turn < 0
