"""Units cut at the edge of a tile's buffer: simple rings in, simple rings out.

The edge lies on whole units and counts as outside, so no corner of a unit lies within it. A border
is cut at the same place from both sides. What is left of a unit's rings, closed along the edge with
the unit on the left, goes through `geometry/generalise/rings.py`: rounded to whole units two cuts
may fall together, and the rings are then parted there.
"""

from typing import Any

import numpy as np

from gridgeo.geometry.generalise.rings import HELPERS as RING_HELPERS
from gridgeo.geometry.generalise.rings import rings_of_one

WHOLE, CUT, OUTSIDE = 0, 1, 2


def cut_unit(xy: Any, ends: Any, first: int, last: int, low: int, high: int) -> tuple[Any, Any]:
    """Cut one unit: rings `first` to `last` in local tile units at the square of an edge.

    Returns keys (x << 32 | y, both moved by -`low`) of all rings and where each ends, outer rings
    positive; nothing when the unit does not come in.
    """
    total = ends[last] - ends[first]
    start, end = np.empty(4 * total + 8, dtype=np.int64), np.empty(4 * total + 8, dtype=np.int64)
    points = np.empty((3 * total + 4, 2), dtype=np.int64)
    chains = np.empty((total + 1, 2), dtype=np.int64)
    sides = np.empty((total + 1, 2))
    count, chain_count, used = 0, 0, 0
    for ring in range(first, last):
        kind = _standing(xy, ends[ring], ends[ring + 1], low, high)
        if kind == WHOLE:
            count = _add_ring(xy, ends[ring], ends[ring + 1], low, start, end, count)
        elif kind == CUT:
            chain_count, used = _cut_ring(
                xy, ends[ring], ends[ring + 1], low, high, points, chains, sides, chain_count, used
            )
    if chain_count > 0:
        count = _link(points, chains, sides, chain_count, low, high, start, end, count)
    elif _holds(xy, ends, first, last, low):
        count = _add_square(low, high, start, end, count)
    return rings_of_one(start[:count], end[:count])


def cut_once(xy: Any, low: int, high: int, keys: Any) -> int:
    """Cut a unit of one ring, in local tile units, that goes out of the square and in again once.

    Writes what `cut_unit` would return and returns the number of places; 0 where the unit, or the
    rounding of where it is cut, asks for more. A border is straight up to its rounded cut, and
    still meets no other if no corner lies in the box about that last step.
    """
    size = len(xy)
    enter, leave = _doors(xy, low, high)
    if enter < 0 or leave < 0:
        return 0
    first, last = (enter + 1) % size, leave
    _, _, side, _ = _inside_part(xy[enter, 0], xy[enter, 1], xy[first, 0], xy[first, 1], low, high)
    ax, ay, begin = _crossing(
        xy[enter, 0], xy[enter, 1], xy[first, 0], xy[first, 1], side, low, high
    )
    onward = (last + 1) % size
    _, _, _, side = _inside_part(xy[last, 0], xy[last, 1], xy[onward, 0], xy[onward, 1], low, high)
    bx, by, end = _crossing(xy[last, 0], xy[last, 1], xy[onward, 0], xy[onward, 1], side, low, high)
    if (ax == bx and ay == by) or _is_corner(ax, ay, low, high) or _is_corner(bx, by, low, high):
        return 0
    inner = (last - first) % size + 1
    if _is_near(xy, first, inner, first, ax, ay) or _is_near(xy, first, inner, last, bx, by):
        return 0
    half = len(keys) // 2
    keys[half] = _key(ax, ay, low)
    row = first - 1
    for k in range(inner):
        row = row + 1 if row + 1 < size else 0
        keys[half + 1 + k] = _key(xy[row, 0], xy[row, 1], low)
    keys[half + 1 + inner] = _key(bx, by, low)
    count = 2 + inner
    way = (begin - end) % (4.0 * (high - low))
    corner = int(end // (high - low)) + 1
    while corner * (high - low) - end <= way:
        cx, cy = _corner(corner, low, high)
        keys[half + count] = _key(cx, cy, low)
        count += 1
        corner += 1
    return _from_lowest(keys, half, count)


def _doors(xy: Any, low: int, high: int) -> tuple[int, int]:
    """Corners of a ring before it comes in and before it goes out; -1 unless it does so once."""
    before, enter, leave = len(xy) - 1, -1, -1
    here = _is_in(xy, before, low, high)
    for k in range(len(xy)):
        was_in, here = here, _is_in(xy, k, low, high)
        if here and not was_in:
            if enter >= 0:
                return -1, -1
            enter = before
        elif was_in and not here:
            if leave >= 0:
                return -1, -1
            leave = before
        elif not here and not _is_beside(xy, before, k, low, high):
            t0, t1, _, _ = _inside_part(xy[before, 0], xy[before, 1], xy[k, 0], xy[k, 1], low, high)
            if t0 < t1:
                return -1, -1
        before = k
    return enter, leave


def _is_beside(xy: Any, one: int, other: int, low: int, high: int) -> bool:
    """Whether two corners lie beyond the same side, so that nothing between them is within."""
    return bool(
        (xy[one, 0] <= low and xy[other, 0] <= low) or (xy[one, 0] >= high and xy[other, 0] >= high)
        or (xy[one, 1] <= low and xy[other, 1] <= low)
        or (xy[one, 1] >= high and xy[other, 1] >= high)
    )  # fmt: skip


def _is_corner(x: int, y: int, low: int, high: int) -> bool:
    return bool((x == low or x == high) and (y == low or y == high))


def _is_near(xy: Any, first: int, inner: int, row: int, x: int, y: int) -> bool:
    """Whether another corner within the square lies in the box from a corner to a place, or by."""
    west, east = min(xy[row, 0], x) - 1, max(xy[row, 0], x) + 1
    north, south = min(xy[row, 1], y) - 1, max(xy[row, 1], y) + 1
    other = first - 1
    for _ in range(inner):
        other = other + 1 if other + 1 < len(xy) else 0
        if west <= xy[other, 0] <= east and north <= xy[other, 1] <= south and other != row:
            return True
    return False


def _from_lowest(keys: Any, half: int, count: int) -> int:
    """Write the second half of the keys into the first, from the lowest on."""
    lowest = 0
    for k in range(1, count):
        if keys[half + k] < keys[half + lowest]:
            lowest = k
    for k in range(count - lowest):
        keys[k] = keys[half + lowest + k]
    for k in range(lowest):
        keys[count - lowest + k] = keys[half + k]
    return count


def _key(x: int, y: int, low: int) -> int:
    return (x - low) << 32 | (y - low)


def _standing(xy: Any, begin: int, last: int, low: int, high: int) -> int:
    """How the box of a ring lies to the square."""
    west = east = xy[begin, 0]
    north = south = xy[begin, 1]
    for k in range(begin + 1, last):
        west, east = min(west, xy[k, 0]), max(east, xy[k, 0])
        north, south = min(north, xy[k, 1]), max(south, xy[k, 1])
    if low < west and east < high and low < north and south < high:
        return WHOLE
    if east <= low or west >= high or south <= low or north >= high:
        return OUTSIDE
    return CUT


def _add_ring(xy: Any, begin: int, last: int, low: int, start: Any, end: Any, count: int) -> int:
    for k in range(begin, last):
        onward = k + 1 if k + 1 < last else begin
        start[count] = _key(xy[k, 0], xy[k, 1], low)
        end[count] = _key(xy[onward, 0], xy[onward, 1], low)
        count += 1
    return count


def _add_edge(
    ax: int, ay: int, bx: int, by: int, low: int, start: Any, end: Any, count: int
) -> int:
    if ax == bx and ay == by:
        return count
    start[count], end[count] = _key(ax, ay, low), _key(bx, by, low)
    return count + 1


def _add_square(low: int, high: int, start: Any, end: Any, count: int) -> int:
    for side in range(4):
        ax, ay = _corner(side, low, high)
        bx, by = _corner(side + 1, low, high)
        count = _add_edge(ax, ay, bx, by, low, start, end, count)
    return count


def _corner(side: int, low: int, high: int) -> tuple[int, int]:
    """Corner where a side begins; sides run north, east, south, west, the square on their left."""
    side %= 4
    return (high if 1 <= side <= 2 else low), (high if side >= 2 else low)


def _cut_ring(
    xy: Any, begin: int, last: int, low: int, high: int,
    points: Any, chains: Any, sides: Any, chain_count: int, used: int,
) -> tuple[int, int]:  # fmt: skip
    """Write the runs of a ring within the square, from edge to edge."""
    size = last - begin
    shift = 0
    while shift < size and _is_in(xy, begin + shift, low, high):
        shift += 1
    open_chain = False
    for step in range(size):
        p, q = begin + (shift + step) % size, begin + (shift + step + 1) % size
        ax, ay, bx, by = xy[p, 0], xy[p, 1], xy[q, 0], xy[q, 1]
        t0, t1, side0, side1 = _inside_part(ax, ay, bx, by, low, high)
        if t0 >= t1:
            continue
        if side0 >= 0:
            x, y, along = _crossing(ax, ay, bx, by, side0, low, high)
            chains[chain_count, 0] = used
            sides[chain_count, 0] = along
            points[used, 0], points[used, 1] = x, y
            used += 1
            open_chain = True
        if side1 >= 0:
            x, y, along = _crossing(ax, ay, bx, by, side1, low, high)
            sides[chain_count, 1] = along
            points[used, 0], points[used, 1] = x, y
            used += 1
            chains[chain_count, 1] = used
            chain_count += 1
            open_chain = False
        elif open_chain:
            points[used, 0], points[used, 1] = bx, by
            used += 1
    return chain_count, used


def _is_in(xy: Any, k: int, low: int, high: int) -> bool:
    return bool(low < xy[k, 0] < high and low < xy[k, 1] < high)


def _inside_part(
    ax: int, ay: int, bx: int, by: int, low: int, high: int
) -> tuple[float, float, int, int]:
    """From where to where an edge lies within, as shares, and the sides it crosses (-1: none)."""
    t0, t1, side0, side1 = 0.0, 1.0, -1, -1
    for side in range(4):
        if side == 0:
            d, room = ay - by, ay - low
        elif side == 1:
            d, room = bx - ax, high - ax
        elif side == 2:
            d, room = by - ay, high - ay
        else:
            d, room = ax - bx, ax - low
        if room <= 0 and d >= 0:
            return 1.0, 0.0, -1, -1
        if d > 0 and room <= d:
            share = room / d
            if share < t1 or side1 < 0:
                t1, side1 = share, side
        elif room <= 0:
            share = room / d
            if share > t0 or side0 < 0:
                t0, side0 = share, side
    return t0, t1, side0, side1


def _crossing(
    ax: int, ay: int, bx: int, by: int, side: int, low: int, high: int
) -> tuple[int, int, float]:
    """Where an edge crosses a side: the nearest whole place, and how far along all sides."""
    if ax > bx or (ax == bx and ay > by):
        ax, ay, bx, by = bx, by, ax, ay
    line = low if side == 0 or side == 3 else high
    width = float(high - low)
    if side == 0 or side == 2:
        exact = ax + (line - ay) * (bx - ax) / (by - ay)
        x = min(max(_rounded((line - ay) * (bx - ax), by - ay) + ax, low), high)
        share = exact - low if side == 0 else high - exact
        return x, line, side * width + share
    exact = ay + (line - ax) * (by - ay) / (bx - ax)
    y = min(max(_rounded((line - ax) * (by - ay), bx - ax) + ay, low), high)
    share = exact - low if side == 1 else high - exact
    return line, y, side * width + share


def _rounded(number: int, divisor: int) -> int:
    """Nearest whole number to a fraction, halves up."""
    if divisor < 0:
        number, divisor = -number, -divisor
    return (2 * number + divisor) // (2 * divisor)


def _link(
    points: Any, chains: Any, sides: Any, chain_count: int, low: int, high: int,
    start: Any, end: Any, count: int,
) -> int:  # fmt: skip
    """Join the runs along the edge of the square, the unit on the left."""
    around = 4.0 * (high - low)
    for chain in range(chain_count):
        for k in range(chains[chain, 0], chains[chain, 1] - 1):
            count = _add_edge(
                points[k, 0], points[k, 1], points[k + 1, 0], points[k + 1, 1], low,
                start, end, count,
            )  # fmt: skip
        follower, way = chain, 2.0 * around
        for other in range(chain_count):
            ahead = (sides[other, 0] - sides[chain, 1]) % around
            if ahead == 0 and _turns_away(points, chains, chain, other):
                ahead = around
            if ahead < way:
                follower, way = other, ahead
        x, y = points[chains[chain, 1] - 1, 0], points[chains[chain, 1] - 1, 1]
        corner = int(sides[chain, 1] // (high - low)) + 1
        while corner * (high - low) - sides[chain, 1] <= way:
            cx, cy = _corner(corner, low, high)
            count = _add_edge(x, y, cx, cy, low, start, end, count)
            x, y = cx, cy
            corner += 1
        tip = chains[follower, 0]
        count = _add_edge(x, y, points[tip, 0], points[tip, 1], low, start, end, count)
    return count


def _turns_away(points: Any, chains: Any, chain: int, other: int) -> bool:
    """Whether a run that begins where another ends leaves ground outside the unit in between.

    A corner on the edge ends one run and begins the next.
    """
    last, first = chains[chain, 1] - 1, chains[other, 0]
    ax, ay = points[last, 0] - points[last - 1, 0], points[last, 1] - points[last - 1, 1]
    bx, by = points[first + 1, 0] - points[first, 0], points[first + 1, 1] - points[first, 1]
    return bool(ax * by - ay * bx < 0)


def _holds(xy: Any, ends: Any, first: int, last: int, low: int) -> bool:
    """Whether a unit holds the corner of the square, which lies on none of its borders."""
    inside = False
    for ring in range(first, last):
        for k in range(ends[ring], ends[ring + 1]):
            onward = k + 1 if k + 1 < ends[ring + 1] else ends[ring]
            ax, ay = 2 * xy[k, 0], 2 * xy[k, 1]
            bx, by = 2 * xy[onward, 0], 2 * xy[onward, 1]
            x, y = 2 * low + 1, 2 * low + 1
            if (ay <= y) != (by <= y):
                turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
                if (turn > 0) == (by > ay):
                    inside = not inside
    return inside


HELPERS = (
    cut_unit, cut_once, _doors, _is_beside, _is_corner, _is_near, _from_lowest,
    _key, _standing, _add_ring, _add_edge, _add_square, _corner, _cut_ring, _is_in,
    _inside_part, _crossing, _rounded, _link, _turns_away, _holds, *RING_HELPERS,
)  # fmt: skip
