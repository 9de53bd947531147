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
from functools import cached_property
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.predicates import edges_of, orientation

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
        oriented = shapely.orient_polygons(shape)  # ground is to the left of each edge
        edges = edges_of(np.array([oriented], dtype=object))[0]
        edges = edges[(edges[:, :2] != edges[:, 2:]).any(axis=1)]
        mine, other = shapely.STRtree(_segments(edges)).query(_segments(edges))
        on = _starts_on(edges[mine], edges[other])
        self.pieces = _cut(edges, mine[on], edges[other[on], :2])
        self.edges = np.array(self.pieces).reshape(-1, 4)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(_segments(self.edges))

    def compare(self, other: "ExactPolygon") -> Common:
        """Return what this polygon and another have in common."""
        mine, theirs = other._tree.query(_segments(self.edges))
        one, two = self.edges[mine], other.edges[theirs]
        if _cross(one, two).any():
            return Common(True, True, True, True)
        on_me, on_them = _starts_on(one, two), _starts_on(two, one)
        met = {*_places(two[on_me, :2]), *_places(one[on_them, :2])}
        pieces = _cut(self.edges, mine[on_me], two[on_me, :2])
        their_pieces = _cut(other.edges, theirs[on_them], one[on_them, :2])
        wheres = set(_wheres(pieces, set(their_pieces), met, other))
        from_me = set(_wheres(their_pieces, set(pieces), met, self))
        overlap = bool({Where.INSIDE, Where.ALONG} & wheres) or Where.INSIDE in from_me
        beyond = bool({Where.OUTSIDE, Where.AGAINST} & wheres) or Where.INSIDE in from_me
        missing = bool({Where.INSIDE, Where.AGAINST} & wheres) or Where.OUTSIDE in from_me
        return Common(bool(met) or overlap, overlap, beyond, missing)

    def holds(self, x: Fraction, y: Fraction) -> bool:
        """Say whether a place that is not on the border lies inside."""
        south, north = np.sort(self.edges[:, 1::2], axis=1).T
        level = float(y)
        met = self.edges[(south <= level + SLACK) & (north >= level - SLACK)].tolist()
        return sum(_is_east(edge, x, y) for edge in met) % 2 == 1


def _segments(edges: Edges) -> NDArray[np.object_]:
    return np.asarray(shapely.linestrings(edges.reshape(-1, 2, 2)), dtype=object)


def _side(edges: Edges, places: Edges) -> NDArray[np.int8]:
    return orientation(*edges.T, *places.T)


def _cross(one: Edges, two: Edges) -> Flags:
    """Whether edges (n, 4) cross each other, so that no end of one lies on the other."""
    ends = [_side(a, b[:, k : k + 2]) for a, b in ((one, two), (two, one)) for k in (0, 2)]
    return np.asarray((ends[0] * ends[1] < 0) & (ends[2] * ends[3] < 0))


def _starts_on(edges: Edges, others: Edges) -> Flags:
    """Whether the first end of each other edge lies on an edge, its ends included."""
    places = others[:, :2]
    low, high = np.minimum(edges[:, :2], edges[:, 2:]), np.maximum(edges[:, :2], edges[:, 2:])
    is_between = ((low <= places) & (places <= high)).all(axis=1)
    return np.asarray((_side(edges, places) == 0) & is_between)


def _places(xy: Edges) -> Iterator[Place]:
    return ((x, y) for x, y in xy.tolist())


def _cut(edges: Edges, which: Indices, places: Edges) -> list[Piece]:
    """Cut edges at places on them, each given with its edge; keeps their order and direction."""
    stops = defaultdict[int, set[Place]](set)
    for edge, place in zip(which.tolist(), _places(places), strict=True):
        stops[edge].add(place)
    pieces: list[Piece] = []
    for k, (ax, ay, bx, by) in enumerate(edges.tolist()):
        way = [(ax, ay), (bx, by)]
        if k in stops:
            east, north = 1 if bx >= ax else -1, 1 if by >= ay else -1
            stops[k].update(way)
            way = sorted(stops[k], key=lambda p: (east * p[0], north * p[1]))
        pieces.extend(pairwise(way))
    return pieces


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
