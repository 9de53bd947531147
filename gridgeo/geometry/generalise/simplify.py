"""Which corners of arcs stay: as few as a tolerance allows, and so that no border meets another.

Each arc is halved at its farthest corner until every chord lies within the tolerance of the corners
it leaves out (Ramer 1972; Douglas and Peucker 1973) and no other corner of the map lies between it
and them. When that holds for all chords, none crosses another, a node, or an arc as it was: a
straight chord that enters the ground between another chord and its arc has to end there, since it
cannot cross the arc, nor the chord twice; but no corner lies there (after Saalfeld 1999). So the
map keeps its order, and an arc depends on nothing but the corners within its own box.

Arcs that would fall together (two arcs between the same nodes, loops) keep a corner between.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.compiled import compiled
from gridgeo.geometry.generalise.arcs import Arcs
from gridgeo.geometry.generalise.cells import Cells


def kept_corners(arcs: Arcs, cells: Cells, tolerance: float) -> NDArray[np.bool_]:
    """Say of each of `arcs.corners` whether it stays; the ends of arcs do.

    Parameters
    ----------
    arcs
        The arcs of a coverage.
    cells
        All of `arcs.places` by cell.
    tolerance
        In fine units.
    """
    kept = np.zeros(len(arcs.corners), dtype=np.bool_)
    place = np.full(len(arcs.places), -1, dtype=np.int64)
    place[arcs.corners] = np.arange(len(arcs.corners))
    simplify = compiled(keep_corners, _keep, _farthest, _sweeps, _between, _winding)
    simplify(
        arcs.places, arcs.corners, arcs.ends, arcs.twinned, place, *cells, float(tolerance), kept
    )
    return kept


def keep_corners(
    places: Any, corners: Any, ends: Any, twinned: Any, place: Any,
    frame: Any, first: Any, points: Any, tolerance: float, kept: Any,
) -> None:  # fmt: skip
    """Mark the corners that stay, arc by arc."""
    waiting = np.empty((8, 3), dtype=np.int64)
    for arc in range(len(ends) - 1):
        begin, last = ends[arc], ends[arc + 1] - 1
        kept[begin] = kept[last] = True
        is_loop = corners[begin] == corners[last]
        halves = 2 if is_loop else (1 if twinned[arc] else 0)
        waiting = _keep(
            places, corners, place, frame, first, points, tolerance, kept, waiting,
            begin, last, halves,
        )  # fmt: skip


def _keep(
    places: Any, corners: Any, place: Any, frame: Any, first: Any, points: Any, tolerance: float,
    kept: Any, waiting: Any, begin: int, last: int, halves: int,
) -> Any:  # fmt: skip
    """Halve one arc; a chord is halved `halves` times whatever it leaves out."""
    waiting[0, 0], waiting[0, 1], waiting[0, 2] = begin, last, halves
    count = 1
    while count:
        count -= 1
        i, j, more = waiting[count, 0], waiting[count, 1], waiting[count, 2]
        if j - i < 2:
            continue
        middle, distance = _farthest(places, corners, i, j)
        if more == 0 and distance <= tolerance:
            if not _sweeps(places, corners, place, frame, first, points, i, j):
                continue
        if count + 2 > len(waiting):
            grown = np.empty((2 * len(waiting), 3), dtype=np.int64)
            grown[: len(waiting)] = waiting
            waiting = grown
        kept[middle] = True
        more = max(more - 1, 0)
        waiting[count, 0], waiting[count, 1], waiting[count, 2] = i, middle, more
        waiting[count + 1, 0], waiting[count + 1, 1], waiting[count + 1, 2] = middle, j, more
        count += 2
    return waiting


def _farthest(places: Any, corners: Any, i: int, j: int) -> tuple[int, float]:
    """Corner between two that lies farthest from their chord, and how far; the first of equals."""
    ax, ay = places[corners[i], 0], places[corners[i], 1]
    dx, dy = float(places[corners[j], 0] - ax), float(places[corners[j], 1] - ay)
    length = dx * dx + dy * dy
    found, most = i + 1, -1.0
    for k in range(i + 1, j):
        px, py = float(places[corners[k], 0] - ax), float(places[corners[k], 1] - ay)
        share = 0.0
        if length > 0.0:
            share = min(max((px * dx + py * dy) / length, 0.0), 1.0)
        px -= share * dx
        py -= share * dy
        square = px * px + py * py
        if square > most:
            found, most = k, square
    return found, most**0.5


def _sweeps(
    places: Any, corners: Any, place: Any, frame: Any, first: Any, points: Any, i: int, j: int
) -> bool:
    """Whether a corner of the map lies between a chord and the corners that it leaves out."""
    west = east = places[corners[i], 0]
    north = south = places[corners[i], 1]
    for k in range(i + 1, j + 1):
        x, y = places[corners[k], 0], places[corners[k], 1]
        west, east = min(west, x), max(east, x)
        north, south = min(north, y), max(south, y)
    bits, columns = frame[2], frame[3]
    for row in range((north - frame[1]) >> bits, ((south - frame[1]) >> bits) + 1):
        begin = row * columns + ((west - frame[0]) >> bits)
        last = row * columns + ((east - frame[0]) >> bits)
        for k in range(first[begin], first[last + 1]):
            point = points[k]
            x, y = places[point, 0], places[point, 1]
            if west <= x <= east and north <= y <= south:
                if not i <= place[point] <= j and point != corners[i] and point != corners[j]:
                    if _between(places, corners, i, j, x, y):
                        return True
    return False


def _between(places: Any, corners: Any, i: int, j: int, x: int, y: int) -> bool:
    """Whether a place lies between a chord and its corners, or on the chord."""
    ax, ay = places[corners[i], 0], places[corners[i], 1]
    bx, by = places[corners[j], 0], places[corners[j], 1]
    on = (bx - ax) * (y - ay) == (by - ay) * (x - ax)
    if on and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
        return True
    around = _winding(bx, by, ax, ay, x, y)
    for k in range(i, j):
        one, other = corners[k], corners[k + 1]
        around += _winding(places[one, 0], places[one, 1], places[other, 0], places[other, 1], x, y)
    return around != 0


def _winding(ax: int, ay: int, bx: int, by: int, x: int, y: int) -> int:
    """Return what a segment adds to the winding number about a place."""
    if ay <= y:
        if by > y and (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
            return 1
    elif by <= y and (bx - ax) * (y - ay) - (by - ay) * (x - ax) < 0:
        return -1
    return 0
