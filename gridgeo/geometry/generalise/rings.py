"""Rings out of directed edges: what cancels is gone, and no ring meets itself.

Edges have their unit on the left, with y to the south: outer rings have a positive area by the
surveyor's formula, holes a negative one, as the Vector Tile Specification asks. An edge and its
opposite cancel, so ground that has shrunk to a line leaves nothing behind. Where a ring comes to a
place again it is cut there, so every ring is simple. Rings begin at their lowest place, outer rings
stand in the order of it, each followed by its holes: the same ground gives the same numbers.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.compiled import compiled

Ints = NDArray[np.int64]


class Rings(NamedTuple):
    """Rings of n units in tile units.

    Attributes
    ----------
    xy : int32 (m, 2)
        Places of all rings, one ring after the other, the first not repeated.
    ends : int64 (r + 1,)
        Where rings begin in `xy`, and where the last one ends.
    units : int64 (n + 1,)
        Where the rings of units begin in `ends`.
    area2 : int64 (r,)
        Twice the area of each ring: positive for outer rings, negative for holes.
    """

    xy: NDArray[np.int32]
    ends: Ints
    units: Ints
    area2: Ints


def rings_of_edges(start: Ints, end: Ints, units: Ints) -> Rings:
    """Return the rings of n units.

    Parameters
    ----------
    start, end
        Ends of directed edges, (m,), as x << 32 | y, the unit on the left; a unit's one after the
        other, in no order.
    units
        Where the edges of units begin, (n + 1,).
    """
    trace = compiled(trace_rings, *HELPERS)
    keys, ends, area2, counts = trace(start, end, units)
    xy = np.column_stack((keys >> 32, keys & 0xFFFFFFFF)).astype(np.int32)
    return Rings(xy, ends, np.append(0, np.cumsum(counts)), area2)


def trace_rings(start: Any, end: Any, units: Any) -> tuple[Any, Any, Any, Any]:
    """Return keys of places, ends of rings, doubled areas, number of rings by unit."""
    keys = np.empty(len(start) + 1, dtype=np.int64)
    ends = np.zeros(len(start) // 3 + 2, dtype=np.int64)
    area2 = np.empty(len(start) // 3 + 1, dtype=np.int64)
    counts = np.zeros(len(units) - 1, dtype=np.int64)
    rings = 0
    for unit in range(len(units) - 1):
        first = rings
        a, b = _net(start[units[unit] : units[unit + 1]], end[units[unit] : units[unit + 1]])
        rings = _trace(a, b, keys, ends, area2, rings)
        _arrange(keys, ends, area2, first, rings)
        counts[unit] = rings - first
    return keys[: ends[rings]], ends[: rings + 1], area2[:rings], counts


def _net(start: Any, end: Any) -> tuple[Any, Any]:
    """Edges left over when opposite ones cancel, in the order of their beginnings."""
    order = np.argsort(np.minimum(start, end), kind="mergesort")
    kept = np.zeros(len(order), dtype=np.bool_)
    i = 0
    while i < len(order):
        low = min(start[order[i]], end[order[i]])
        j = i + 1
        while j < len(order) and min(start[order[j]], end[order[j]]) == low:
            j += 1
        for k in range(i, j):
            kept[order[k]] = _outweighs(start, end, order, i, j, k)
        i = j
    a, b = start[kept], end[kept]
    by_start = np.argsort(a, kind="mergesort")
    return a[by_start], b[by_start]


def _outweighs(start: Any, end: Any, order: Any, i: int, j: int, k: int) -> bool:
    """Whether an edge is left when those like it and their opposites cancel one another."""
    a, b = start[order[k]], end[order[k]]
    same, rank, opposite = 0, 0, 0
    for m in range(i, j):
        if start[order[m]] == a and end[order[m]] == b:
            same += 1
            if m < k:
                rank += 1
        elif start[order[m]] == b and end[order[m]] == a:
            opposite += 1
    return rank < same - opposite


def _trace(a: Any, b: Any, keys: Any, ends: Any, area2: Any, rings: int) -> int:
    """Write the rings of one unit; return the number of all rings."""
    used = np.zeros(len(a), dtype=np.bool_)
    path = np.empty(len(a) + 1, dtype=np.int64)
    on_path = np.full(len(a), -1, dtype=np.int64)  # by the first edge that begins at a place
    for seed in range(len(a)):
        if used[seed]:
            continue
        place = np.searchsorted(a, a[seed])
        path[0], on_path[place], steps = a[seed], 0, 0
        edge = seed
        while edge >= 0:
            used[edge] = True
            behind, place = a[edge], np.searchsorted(a, b[edge])
            if on_path[place] >= 0:
                rings = _cut(path, on_path[place], steps, keys, ends, area2, rings)
                for k in range(on_path[place] + 1, steps + 1):
                    on_path[np.searchsorted(a, path[k])] = -1
                steps = on_path[place]
            else:
                steps += 1
                path[steps], on_path[place] = b[edge], steps
            edge = _onward(a, b, used, place, behind)
        on_path[np.searchsorted(a, path[0])] = -1
    return rings


def _onward(a: Any, b: Any, used: Any, place: int, behind: int) -> int:
    """Edge to go on by: the first clockwise (as seen with y north) from the way back; -1: none."""
    found = -1
    for edge in range(place, len(a)):
        if a[edge] != a[place]:
            break
        if not used[edge] and (found < 0 or _is_before(a[place], behind, b[edge], b[found])):
            found = edge
    return found


def _is_before(at: int, behind: int, one: int, other: int) -> bool:
    """Whether, turning from `behind` to the left with y south reversed, `one` comes first."""
    x, y = at >> 32, at & 0xFFFFFFFF
    dx, dy = (behind >> 32) - x, (behind & 0xFFFFFFFF) - y
    ax, ay = (one >> 32) - x, (one & 0xFFFFFFFF) - y
    bx, by = (other >> 32) - x, (other & 0xFFFFFFFF) - y
    side_a, side_b = _half(dx, dy, ax, ay), _half(dx, dy, bx, by)
    if side_a != side_b:
        return side_a < side_b
    return ax * by - ay * bx < 0


def _half(dx: int, dy: int, x: int, y: int) -> int:
    """0 for directions up to half a turn clockwise (by the formulas) from d, 1 for the others."""
    turn = dx * y - dy * x
    if turn == 0:
        return 0 if dx * x + dy * y < 0 else 1
    return 0 if turn < 0 else 1


def _cut(path: Any, begin: int, last: int, keys: Any, ends: Any, area2: Any, rings: int) -> int:
    """Write the ring along a path, from its lowest place on, if it has an area."""
    count = last - begin + 1
    double, low = 0, begin
    ox, oy = path[begin] >> 32, path[begin] & 0xFFFFFFFF
    for k in range(begin, last + 1):
        onward = path[k + 1] if k < last else path[begin]
        ax, ay = (path[k] >> 32) - ox, (path[k] & 0xFFFFFFFF) - oy
        bx, by = (onward >> 32) - ox, (onward & 0xFFFFFFFF) - oy
        double += ax * by - ay * bx
        if path[k] < path[low]:
            low = k
    if double == 0:
        return rings
    for k in range(count):
        keys[ends[rings] + k] = path[begin + (low - begin + k) % count]
    ends[rings + 1] = ends[rings] + count
    area2[rings] = double
    return rings + 1


def _arrange(keys: Any, ends: Any, area2: Any, first: int, last: int) -> None:
    """Put the rings of one unit into order, if it has several."""
    count = last - first
    if count < 2:
        return
    outer = np.empty(count, dtype=np.int64)
    for i in range(count):
        outer[i] = i if area2[first + i] > 0 else _around(keys, ends, area2, first, last, first + i)
    held = keys[ends[first] : ends[last]].copy()
    sizes, areas = np.diff(ends[first : last + 1]), area2[first:last].copy()
    begins = ends[first:last] - ends[first]
    done = np.zeros(count, dtype=np.bool_)
    place = 0
    for _ in range(count):
        best = -1
        for i in range(count):
            if not done[i] and (best < 0 or _stands_before(held, begins, outer, i, best)):
                best = i
        done[best] = True
        begin = ends[first + place]
        keys[begin : begin + sizes[best]] = held[begins[best] : begins[best] + sizes[best]]
        ends[first + place + 1] = begin + sizes[best]
        area2[first + place] = areas[best]
        place += 1


def _stands_before(held: Any, begins: Any, outer: Any, i: int, j: int) -> bool:
    """Whether a ring stands before another: by their outer rings, outer before hole, by place."""
    if outer[i] != outer[j]:
        one, other = held[begins[outer[i]]], held[begins[outer[j]]]
        return bool(one < other or (one == other and outer[i] < outer[j]))
    if (outer[i] == i) != (outer[j] == j):
        return bool(outer[i] == i)
    return bool(held[begins[i]] < held[begins[j]])


def _around(keys: Any, ends: Any, area2: Any, first: int, last: int, hole: int) -> int:
    """Smallest outer ring around a hole, counted from the first."""
    found = -1
    for ring in range(first, last):
        if area2[ring] >= -area2[hole] and (found < 0 or area2[ring] < area2[found]):
            if _holds(keys, ends[ring], ends[ring + 1], ends[hole], ends[hole + 1]):
                found = ring
    return max(found, first) - first


def _holds(keys: Any, begin: int, last: int, hole: int, hole_last: int) -> bool:
    """Whether a ring holds another that does not cross it: by a place of that which is off it."""
    around = 0
    for k in range(hole, hole_last):
        on, around = False, 0
        x, y = keys[k] >> 32, keys[k] & 0xFFFFFFFF
        for m in range(begin, last):
            other = keys[m + 1] if m + 1 < last else keys[begin]
            on = on or keys[m] == keys[k]
            ax, ay = keys[m] >> 32, keys[m] & 0xFFFFFFFF
            bx, by = other >> 32, other & 0xFFFFFFFF
            if (ay <= y) != (by <= y):
                turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
                if (turn > 0) == (by > ay):
                    around += 1
        if not on:
            break
    return around % 2 == 1


def rings_of_one(start: Any, end: Any) -> tuple[Any, Any]:
    """Return keys of places and ends of the rings of one unit; for use within compiled code."""
    keys = np.empty(len(start) + 1, dtype=np.int64)
    ends = np.zeros(len(start) // 3 + 2, dtype=np.int64)
    area2 = np.empty(len(start) // 3 + 1, dtype=np.int64)
    a, b = _net(start, end)
    rings = _trace(a, b, keys, ends, area2, 0)
    _arrange(keys, ends, area2, 0, rings)
    return keys[: ends[rings]], ends[: rings + 1]


HELPERS = (
    rings_of_one, _net, _outweighs, _trace, _onward, _is_before, _half, _cut, _arrange,
    _stands_before, _around, _holds,
)  # fmt: skip
