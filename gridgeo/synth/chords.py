"""Where a ring can be cut: the pairs of its vertices, judged all at once, best first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridgeo.synth.rings import following

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridgeo.synth.rings import Points

    Matrix = NDArray[np.float64]

_MOST_CHORDS = 400


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


def best_chords(metric: Points, wish: Wish, rng: np.random.Generator) -> Iterator[Chord]:
    """Yield at most 400 chords of a ring (n, 2), best first.

    A short chord that runs along the streets, meets the border squarely and gives the wished share
    costs little; a little chance keeps the town from looking ruled.
    """
    picks = _candidates(len(metric))
    shares, total = _arc_shares(metric, picks)
    forward_wish, off = _share_error(shares, metric[picks], wish)
    cost = (
        _shape_cost(metric, picks, wish, total)
        + 6.0 * (off / min(wish.share, 1.0 - wish.share)) ** 2
        + 0.08 * rng.random(shares.shape)
    )
    cost[~_far_enough(picks, len(metric))] = np.inf
    best = np.argpartition(cost, min(_MOST_CHORDS, cost.size - 1), axis=None)[:_MOST_CHORDS]
    best = best[np.argsort(cost.ravel()[best], kind="stable")]
    best = best[np.isfinite(cost.ravel()[best])]
    rows, columns = np.unravel_index(best, cost.shape)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        yield Chord(int(picks[row]), int(picks[column]), bool(forward_wish[row, column]))


def _candidates(count: int) -> NDArray[np.int64]:
    """Vertices to try: all of a small ring, an even choice of a large one."""
    most = min(max(64, count // 3), 240)
    if count <= most:
        return np.arange(count)
    return np.arange(most) * count // most


def _arc_shares(metric: Points, picks: NDArray[np.int64]) -> tuple[Matrix, float]:
    """Area share of the arc from each pick to each later pick, closed by its chord."""
    x, y = metric.T
    cross = x * following(y) - following(x) * y
    before = np.concatenate([[0.0], np.cumsum(cross)])
    px, py = metric[picks].T
    closing = px[None, :] * py[:, None] - px[:, None] * py[None, :]
    total = float(before[-1])
    return (before[picks][None, :] - before[picks][:, None] + closing) / total, total / 2.0


def _share_error(shares: Matrix, points: Points, wish: Wish) -> tuple[NDArray[np.bool_], Matrix]:
    """Which arc becomes part one, and how far its share is from the wish."""
    as_first = np.abs(shares - wish.share)
    as_second = np.abs(shares - (1.0 - wish.share))
    if wish.axis is None:
        first_is_forward = as_first <= as_second
    else:
        dx, dy = _differences(points)
        first_is_forward = dy * wish.axis[0] - dx * wish.axis[1] < 0
    return first_is_forward, np.where(first_is_forward, as_first, as_second)


def _differences(points: Points) -> tuple[Matrix, Matrix]:
    """Vectors from each row's point to each column's point."""
    x, y = points.T
    return x[None, :] - x[:, None], y[None, :] - y[:, None]


def _shape_cost(metric: Points, picks: NDArray[np.int64], wish: Wish, area: float) -> Matrix:
    """Short chords, along the streets' direction, square to the border, cost little."""
    dx, dy = _differences(metric[picks])
    length = np.hypot(dx, dy)
    safe = np.where(length > 0, length, 1.0)
    ux, uy = dx / safe, dy / safe
    along = ux * math.cos(wish.angle) + uy * math.sin(wish.angle)
    normals = _inward_normals(metric, picks)
    leaving = ux * normals[:, 0][:, None] + uy * normals[:, 1][:, None]
    arriving = -(ux * normals[:, 0][None, :] + uy * normals[:, 1][None, :])
    cost = length / math.sqrt(area) + 4.0 * 0.3 * along**2 * (1.0 - along**2)
    cost += 0.4 * (2.0 - leaving - arriving)
    cost += 2.0 * ((leaving < 0.3) | (arriving < 0.3))
    if wish.axis is not None:
        cost += 2.5 * (ux * wish.axis[0] + uy * wish.axis[1]) ** 2
    return cost


def _inward_normals(metric: Points, picks: NDArray[np.int64]) -> Points:
    """Give unit normals of a counter-clockwise ring, taken over two vertices to either side."""
    count = len(metric)
    tangent = metric[(picks + 2) % count] - metric[(picks - 2) % count]
    normals = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    unit: Points = normals / np.maximum(np.hypot(*normals.T), 1e-9)[:, None]
    return unit


def _far_enough(picks: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Pairs in order whose arcs both have at least four edges."""
    steps = picks[None, :] - picks[:, None]
    return (steps >= 4) & (count - steps >= 4)
