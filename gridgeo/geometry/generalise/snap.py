"""Chords on whole tile units, by snap rounding: whatever did not cross before does not cross after.

A pixel is hot when a kept corner lies in it. Every chord is led through the middles of all hot
pixels that it meets (Hobby 1999; Guibas and Marimont 1998). Borders may come to lie on one another,
and then they do so corner by corner. A chord depends on nothing but the corners near it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.compiled import compiled
from gridgeo.geometry.generalise.arcs import Arcs
from gridgeo.geometry.generalise.cells import cells_of

Ints = NDArray[np.int64]


def snapped(arcs: Arcs, kept: NDArray[np.bool_], bits: int) -> tuple[Ints, Ints]:
    """Lead the arcs through hot pixels.

    Parameters
    ----------
    arcs
        The arcs of a coverage.
    kept
        Which of `arcs.corners` stay.
    bits
        By how many bits a tile unit is coarser than a fine unit.

    Returns
    -------
    Tile units (m, 2) along all arcs, none twice in a row, and where each arc ends, (a + 1,); an arc
    that has shrunk to a place has one.
    """
    corners = arcs.corners[kept]
    ends = np.append(0, np.cumsum(kept))[arcs.ends]
    pixels = _hot(arcs.places[corners], bits)
    cells = cells_of(pixels)
    made_ends = np.zeros(len(ends), dtype=np.int64)
    lead = compiled(lead_arcs, _met, _meets, _put, _column)
    made = lead(arcs.places, corners, ends, bits, pixels, *cells, made_ends)
    return made[: made_ends[-1]], made_ends


def _hot(xy: Ints, bits: int) -> Ints:
    """Pixels with a corner in them, each once."""
    pixels = (xy + ((1 << bits) >> 1)) >> bits
    return np.unique(pixels, axis=0) if len(pixels) < 64 else _unique(pixels)


def _unique(pixels: Ints) -> Ints:
    keys = np.unique(pixels[:, 0] << 32 | pixels[:, 1])
    return np.column_stack((keys >> 32, keys & 0xFFFFFFFF))


def lead_arcs(
    places: Any, corners: Any, ends: Any, bits: int, pixels: Any,
    frame: Any, first: Any, points: Any, made_ends: Any,
) -> Any:  # fmt: skip
    """Return the tile units along all arcs, and write where each arc ends."""
    made = np.empty((len(corners) // 2 + 16, 2), dtype=np.int64)
    half = (1 << bits) >> 1
    met = np.empty((len(pixels) + 1, 3), dtype=np.int64)
    count = 0
    for arc in range(len(ends) - 1):
        begin = count
        for k in range(ends[arc], ends[arc + 1] - 1):
            ax, ay = places[corners[k], 0], places[corners[k], 1]
            bx, by = places[corners[k + 1], 0], places[corners[k + 1], 1]
            found = _met(ax, ay, bx, by, bits, half, pixels, frame, first, points, met)
            for m in range(found):
                made, count = _put(made, begin, count, met[m, 1], met[m, 2])
        made_ends[arc + 1] = count
    return made


def _put(made: Any, begin: int, count: int, x: int, y: int) -> tuple[Any, int]:
    """Append a place to an arc, unless it stands there."""
    if count > begin and made[count - 1, 0] == x and made[count - 1, 1] == y:
        return made, count
    if count == len(made):
        grown = np.empty((2 * count, 2), dtype=np.int64)
        grown[:count] = made
        made = grown
    made[count, 0], made[count, 1] = x, y
    return made, count + 1


def _met(
    ax: int, ay: int, bx: int, by: int, bits: int, half: int,
    pixels: Any, frame: Any, first: Any, points: Any, met: Any,
) -> int:  # fmt: skip
    """Write the hot pixels that a chord meets, in its order; return how many."""
    found = 0
    north, south = (min(ay, by) - half) >> bits, (max(ay, by) + half) >> bits
    top = max((north - frame[1]) >> frame[2], 0)
    bottom = min((south - frame[1]) >> frame[2], frame[4] - 1)
    for row in range(top, bottom + 1):
        above = float(((frame[1] + (row << frame[2])) << bits) - 2 * half)
        below = float(((frame[1] + ((row + 1) << frame[2])) << bits) + 2 * half)
        begin = _column(ax, ay, bx, by, above, below, bits, half, frame, False)
        last = _column(ax, ay, bx, by, above, below, bits, half, frame, True)
        for k in range(first[row * frame[3] + begin], first[row * frame[3] + last + 1]):
            x, y = pixels[points[k], 0], pixels[points[k], 1]
            if _meets(ax, ay, bx, by, (x << bits) - half, (y << bits) - half, 2 * half - 1):
                along = ((x << bits) - ax) * (bx - ax) + ((y << bits) - ay) * (by - ay)
                place = found
                while place > 0 and met[place - 1, 0] > along:
                    met[place] = met[place - 1]
                    place -= 1
                met[place, 0], met[place, 1], met[place, 2] = along, x, y
                found += 1
    return found


def _column(
    ax: int, ay: int, bx: int, by: int, above: float, below: float,
    bits: int, half: int, frame: Any, is_last: bool,
) -> int:  # fmt: skip
    """First or last column of cells that a chord may meet between two heights."""
    one, other = float(ax), float(bx)
    if ay != by:
        slope = float(bx - ax) / float(by - ay)
        up, down = float(min(ay, by)), float(max(ay, by))
        one = float(ax) + (min(max(above, up), down) - float(ay)) * slope
        other = float(ax) + (min(max(below, up), down) - float(ay)) * slope
    edge = max(one, other) + 4.0 * half if is_last else min(one, other) - 4.0 * half
    column: int = ((int(edge) >> bits) - frame[0]) >> frame[2]
    last: int = frame[3] - 1
    return min(max(column, 0), last)


def _meets(ax: int, ay: int, bx: int, by: int, x: int, y: int, width: int) -> bool:
    """Whether a segment meets a square with its north-west corner at x, y; exact."""
    if max(ax, bx) < x or min(ax, bx) > x + width or max(ay, by) < y or min(ay, by) > y + width:
        return False
    dx, dy = bx - ax, by - ay
    one = dx * (y - ay) - dy * (x - ax)
    across, down = -dy * width, dx * width
    low = min(0, across) + min(0, down)
    high = max(0, across) + max(0, down)
    return one + low <= 0 <= one + high
