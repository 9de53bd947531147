"""Where a ring can be cut: the pairs of its vertices, judged all at once, best first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridgeo.synth.rings import following

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridgeo.synth.rings import Points

    Vector = NDArray[np.float64]

_MOST_CHORDS = 400
_MOST_OFF = 0.5
"""Chords whose share is off by more than this part of the smaller wish are left out."""


class Chord(NamedTuple):
    """Two vertices of a ring, and whether the arc between them becomes the first part."""

    start: int
    end: int
    first_is_forward: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """How a cut should run. Lengths are metric units of the frame, angles radians.

    Parameters
    ----------
    share : float
        Share of the area for the first part.
    spacing : float
        Distance of vertices along the cut.
    angle : float
        The cut should be parallel or perpendicular to this direction.
    bend, wave : float
        Height of a bend as a share of its length, and that length.
    ripple : float
        Sideways jitter of each vertex, in spacings.
    axis : tuple of float or None
        When given, the first part lies at the low end of this direction.
    vertices : tuple of int
        Least count of vertices of the first and of the second part.
    """

    share: float
    spacing: float
    angle: float
    bend: float
    wave: float
    ripple: float
    axis: tuple[float, float] | None
    vertices: tuple[int, int]


class _Pairs(NamedTuple):
    """Chords to judge, as positions (k,) among the vertices of a ring, start before end."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    share: Vector
    """Share of the area that lies between the arc from start to end and the chord."""


def best_chords(metric: Points, wish: Wish, rng: np.random.Generator) -> Iterator[Chord]:
    """Yield at most 400 chords of a ring (n, 2), best first.

    A short chord that runs along the streets, meets the border squarely and gives the wished share
    costs little; a little chance keeps the town from looking ruled.
    """
    pairs, area = _pairs(metric, wish.share)
    forward_first, off = _share_error(metric, pairs, wish)
    cost = (
        _shape_cost(metric, pairs, wish, area)
        + 6.0 * (off / min(wish.share, 1.0 - wish.share)) ** 2
        + 0.08 * rng.random(len(off))
    )
    for k in _best_first(cost):
        yield Chord(int(pairs.start[k]), int(pairs.end[k]), bool(forward_first[k]))


def _best_first(cost: Vector) -> Iterator[int]:
    """Positions of the least costs; the order is worked out only when the first does not do."""
    if len(cost):
        yield int(np.argmin(cost))
    yield from (int(k) for k in np.argsort(cost, kind="stable")[1:_MOST_CHORDS])


def _pairs(metric: Points, share: float) -> tuple[_Pairs, float]:
    """Pairs of vertices with about the wished share, all pairs where these are few; and the area.

    Both arcs of a pair have at least four edges.
    """
    picks = _candidates(len(metric))
    rows, columns = _each_pair(len(picks))
    shares, area = _arc_shares(metric, picks, rows, columns)
    start, end = picks[rows], picks[columns]
    possible = (end - start >= 4) & (end - start <= len(metric) - 4)
    off = np.minimum(np.abs(shares - share), np.abs(shares - (1.0 - share)))
    kept = np.flatnonzero(possible & (off < _MOST_OFF * min(share, 1.0 - share)))
    if len(kept) < _MOST_CHORDS // 4:
        kept = np.flatnonzero(possible)
    return _Pairs(start[kept], end[kept], shares[kept]), area


@lru_cache(maxsize=128)
def _each_pair(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of all pairs of ``count`` things, first before second, row by row."""
    rows, columns = np.triu_indices(count, 1)
    return rows, columns


def _candidates(count: int) -> NDArray[np.int64]:
    """Vertices to try: all of a small ring, an even choice of a large one."""
    most = min(max(72, count // 3), 240)
    if count <= most:
        return np.arange(count)
    return np.arange(most) * count // most


def _arc_shares(
    metric: Points, picks: NDArray[np.int64], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> tuple[Vector, float]:
    """Area share of the arc from one pick to a later one, closed by its chord; the area."""
    x, y = metric.T
    before = np.concatenate([[0.0], np.cumsum(x * following(y) - following(x) * y)])
    px, py = metric[picks].T
    reached = before[picks]
    closing = px[columns] * py[rows] - px[rows] * py[columns]
    total = float(before[-1])
    return (reached[columns] - reached[rows] + closing) / total, total / 2.0


def _share_error(metric: Points, pairs: _Pairs, wish: Wish) -> tuple[NDArray[np.bool_], Vector]:
    """Which arc becomes part one, and how far its share is from the wish."""
    as_first = np.abs(pairs.share - wish.share)
    as_second = np.abs(pairs.share - (1.0 - wish.share))
    if wish.axis is None:
        forward_first = as_first <= as_second
    else:
        dx, dy = (metric[pairs.end] - metric[pairs.start]).T
        forward_first = dy * wish.axis[0] - dx * wish.axis[1] < 0
    return forward_first, np.where(forward_first, as_first, as_second)


def _shape_cost(metric: Points, pairs: _Pairs, wish: Wish, area: float) -> Vector:
    """Short chords, along the streets' direction, square to the border, cost little."""
    dx, dy = (metric[pairs.end] - metric[pairs.start]).T
    length = np.hypot(dx, dy)
    ux, uy = dx / length, dy / length
    along = ux * math.cos(wish.angle) + uy * math.sin(wish.angle)
    nx, ny = _inward_normals(metric).T
    leaving = ux * nx[pairs.start] + uy * ny[pairs.start]
    arriving = -(ux * nx[pairs.end] + uy * ny[pairs.end])
    cost: Vector = length / math.sqrt(area) + 1.2 * along**2 * (1.0 - along**2)
    cost += 0.4 * (2.0 - leaving - arriving)
    cost += 2.0 * ((leaving < 0.3) | (arriving < 0.3))
    if wish.axis is not None:
        cost += 2.5 * (ux * wish.axis[0] + uy * wish.axis[1]) ** 2
    return cost


def _inward_normals(metric: Points) -> Points:
    """Give unit normals of a counter-clockwise ring, taken over two vertices to either side."""
    ahead = np.concatenate([metric[2:], metric[:2]])
    behind = np.concatenate([metric[-2:], metric[:-2]])
    tangent = ahead - behind
    normals = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    unit: Points = normals / np.maximum(np.hypot(*normals.T), 1e-9)[:, None]
    return unit
