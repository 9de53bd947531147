"""The borders of a coverage as arcs: runs of corners between the places where borders meet.

A corner with two neighbours lies within an arc; any other is a node, and ends arcs. An arc has one
unit on either side all along. Arcs are the same whatever else is in the company: each begins at
the end with the lower key, a loop at its lowest corner and goes to the lower of the two next.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.compiled import compiled
from gridgeo.geometry.errors import InvalidShape
from gridgeo.geometry.generalise.frame import to_fine
from gridgeo.geometry.segments import Segments, unpack

NOBODY = -1

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]


class Arcs(NamedTuple):
    """Arcs of a coverage.

    Attributes
    ----------
    places : int64 (v, 2)
        Corners in fine units, x and y; in the order of their lattice keys.
    corners : int32 (k,)
        Rows of `places` along all arcs, one arc after the other, both ends included.
    ends : int64 (a + 1,)
        Where arcs begin in `corners`, and where the last one ends.
    left, right : int32 (a,)
        Owner on either side, looking along the arc with y to the south; `NOBODY` outside.
    twinned : bool (a,)
        Another arc has the same two ends, or the arc is a loop.
    """

    places: Ints
    corners: Rows
    ends: Ints
    left: Rows
    right: Rows
    twinned: NDArray[np.bool_]


def arcs_of(segments: Segments) -> Arcs:
    """Return the arcs of a coverage given by its directed segments, polygon on the left.

    Raises
    ------
    InvalidShape
        A segment is met twice from the same side, so the polygons overlap.
    """
    keys, start = np.unique(segments.start, return_inverse=True)
    end = np.searchsorted(keys, segments.end)
    low, high, above, below = _edges(start, end, segments.owner, len(keys))
    degree = np.bincount(np.concatenate((low, high)), minlength=len(keys))
    first, across = _adjacency(low, high, len(keys))
    corners = np.empty(len(low) + len(low) + 1, dtype=np.int32)
    ends = np.zeros(len(low) + 1, dtype=np.int64)
    opening = np.empty(len(low), dtype=np.int64)
    walk = compiled(walk_arcs, _follow)
    sides = low, high
    count = walk(degree, first, across, *sides, corners, ends, opening)
    edge = opening[:count]
    tip = corners[ends[:count]]
    forward = tip == low[edge]
    return Arcs(
        to_fine(unpack(keys)),
        corners[: ends[count]],
        ends[: count + 1],
        np.where(forward, below[edge], above[edge]).astype(np.int32),
        np.where(forward, above[edge], below[edge]).astype(np.int32),
        _twinned(tip, corners[ends[1 : count + 1] - 1]),
    )


def _edges(start: Ints, end: Ints, owner: Ints, corners: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Undirected edges: lower and higher corner, owner left and right of the way up (y north)."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.argsort(low * corners + high, kind="stable")
    low, high, owner, up = low[order], high[order], owner[order], (start < end)[order]
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    first = np.flatnonzero(fresh)
    edge = np.cumsum(fresh) - 1
    if (np.bincount(edge[up], minlength=1) > 1).any() or (np.bincount(edge[~up]) > 1).any():
        raise InvalidShape("polygons overlap: a segment is met twice from one side", key="shapes")
    sides = np.full((2, len(first)), NOBODY, dtype=np.int64)
    sides[0, edge[up]], sides[1, edge[~up]] = owner[up], owner[~up]
    return low[first], high[first], sides[0], sides[1]


def _adjacency(low: Ints, high: Ints, corners: int) -> tuple[Ints, Ints]:
    """Edges at each corner, those with the lower neighbour first, as first places and edges."""
    count = len(low)
    at, other = np.concatenate((low, high)), np.concatenate((high, low))
    order = np.argsort(at * corners + other, kind="stable")
    first = np.searchsorted(at[order], np.arange(corners + 1))
    return first, order % count if count else order


def _twinned(tip: Rows, tail: Rows) -> NDArray[np.bool_]:
    low, high = np.minimum(tip, tail).astype(np.int64), np.maximum(tip, tail).astype(np.int64)
    _, pair, times = np.unique(low << 32 | high, return_inverse=True, return_counts=True)
    return np.asarray((times[pair] > 1) | (low == high), dtype=np.bool_)


def walk_arcs(
    degree: Any, first: Any, across: Any, low: Any, high: Any, corners: Any, ends: Any, opening: Any
) -> int:
    """Write the corners of all arcs, where they end and their first edges; return their number."""
    seen = np.zeros(len(low), dtype=np.bool_)
    count, place = 0, 0
    for loops in (False, True):
        for corner in range(len(degree)):
            if not loops and degree[corner] == 2:
                continue
            for k in range(first[corner], first[corner + 1]):
                if not seen[across[k]]:
                    opening[count] = across[k]
                    place = _follow(
                        degree, first, across, low, high, corners, place, corner, seen, k
                    )
                    count += 1
                    ends[count] = place
    return count


def _follow(
    degree: Any, first: Any, across: Any, low: Any, high: Any,
    corners: Any, place: int, corner: int, seen: Any, k: int,
) -> int:  # fmt: skip
    """Write one arc from a corner by the k-th edge on; return the place after it."""
    begin = corner
    corners[place] = corner
    edge = across[k]
    while True:
        seen[edge] = True
        corner = low[edge] + high[edge] - corner
        place += 1
        corners[place] = corner
        if degree[corner] != 2 or corner == begin:
            return place + 1
        at = first[corner]
        edge = across[at] if across[at] != edge else across[at + 1]
