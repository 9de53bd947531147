"""Cut a ring in two by a winding line between two of its own vertices.

The ends of a cut are existing vertices of the ring and its inner points are new lattice points
strictly inside. So both parts share every point of the cut, a neighbour across an old border sees
no new vertex, and the two parts cover the ring exactly. Repeated, this gives a coverage whose
every border is shared point by point.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgeo.synth.chords import best_chords
from gridgeo.synth.rings import ring_polygon

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.synth.chords import Chord, Wish
    from gridgeo.synth.rings import Frame, Points, Ring

_INSIDE = "1FFF0F***"
"""DE-9IM of a line whose two ends lie on the border and whose rest lies strictly inside."""
_TRIES = ((1.0, 0.5), (0.35, 0.4), (0.1, 0.25), (0.0, 0.1))
"""Tries for one chord: factor on the bends, and the clearance from the border in spacings."""

_MOST_COMPARED = 60_000
"""Above this count of pairs a tree finds the nearest vertices more quickly than a table."""


class SplitError(RuntimeError):
    """No cut of a ring was found that stays inside it."""


@dataclass(frozen=True, slots=True)
class Halves:
    """Two rings and the line between them; the first part has about the wished share."""

    first: Ring
    second: Ring
    line: Ring


def bisect(ring: Ring, wish: Wish, frame: Frame, rng: np.random.Generator) -> Halves:
    """Cut a ring in two by the best chord whose bent line stays inside.

    Raises
    ------
    SplitError
        When none of the best chords admits a line strictly inside the ring.
    """
    metric = frame.metric(ring - ring[0])
    polygon = ring_polygon(ring)
    for chord in best_chords(metric, wish, rng):
        for calm, clearance in _TRIES:
            bent = _bent_line(metric, chord, wish, calm, rng)
            line = _on_lattice(bent, ring, chord, frame)
            if _is_clear(bent, metric, clearance * wish.spacing) and shapely.relate_pattern(
                shapely.LineString(line), polygon, _INSIDE
            ):
                return _halves(ring, chord, line)
    raise SplitError(f"no cut stays inside a ring of {len(ring)} vertices")


def _bent_line(
    metric: Points, chord: Chord, wish: Wish, calm: float, rng: np.random.Generator
) -> Points:
    """Points from one vertex to the other, ends included, along a line with bends."""
    start, end = metric[chord.start], metric[chord.end]
    length = float(np.hypot(*(end - start)))
    count = max(math.ceil(length / wish.spacing) - 1, _inner_needed(len(metric), chord, wish))
    t = (np.arange(1, count + 1) + rng.uniform(-0.15, 0.15, count)) / (count + 1)
    ripple = wish.ripple * length / (count + 1) * rng.uniform(-1.0, 1.0, count)
    sideways = calm * (_bends(t, length, wish, rng) + ripple)
    normal = np.array([start[1] - end[1], end[0] - start[0]]) / length
    inner = start + t[:, None] * (end - start) + sideways[:, None] * normal
    return np.concatenate([start[None], inner, end[None]])


def _bends(
    t: NDArray[np.float64], length: float, wish: Wish, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Two waves that die out towards both ends."""
    wave = min(wish.wave, 2.0 * length)
    phases = rng.uniform(0.0, 2.0 * math.pi, 2)
    turns = 2.0 * math.pi * t * length / wave
    waves = 0.7 * np.sin(turns + phases[0]) + 0.3 * np.sin(2.3 * turns + phases[1])
    return np.asarray(wish.bend * wave * waves * np.minimum(1.0, 4.0 * t * (1.0 - t)))


def _inner_needed(count: int, chord: Chord, wish: Wish) -> int:
    """Inner points without which a part would have too few vertices."""
    forward = chord.end - chord.start + 1
    backward = count - forward + 2
    first, second = (forward, backward) if chord.first_is_forward else (backward, forward)
    return max(1, wish.vertices[0] - first, wish.vertices[1] - second)


def _is_clear(line: Points, border: Points, clearance: float) -> bool:
    """Tell whether inner points keep off the border's vertices, less so near the line's ends."""
    inner = line[1:-1]
    to_end = np.minimum(_squared(inner, line[0]), _squared(inner, line[-1]))
    return bool(np.all(_nearest(inner, border) >= np.minimum(clearance**2, 0.2 * to_end)))


def _squared(points: Points, to: Points) -> NDArray[np.float64]:
    return np.asarray((points[:, 0] - to[0]) ** 2 + (points[:, 1] - to[1]) ** 2)


def _nearest(points: Points, border: Points) -> NDArray[np.float64]:
    """Squared distance from each point to the nearest vertex of the border."""
    if len(points) * len(border) > _MOST_COMPARED:
        tree = shapely.STRtree(np.asarray(shapely.points(border)))
        asked = np.asarray(shapely.points(points))
        _, distance = tree.query_nearest(asked, return_distance=True, all_matches=False)
        return np.asarray(distance**2)
    dx = np.subtract.outer(points[:, 0], border[:, 0])
    dy = np.subtract.outer(points[:, 1], border[:, 1])
    dx *= dx
    dy *= dy
    dx += dy
    return np.asarray(dx.min(axis=1))


def _on_lattice(bent: Points, ring: Ring, chord: Chord, frame: Frame) -> Ring:
    """Round a metric line to the lattice; its ends are the ring's own vertices."""
    line: Ring = frame.lattice(bent) + ring[0]
    line[0], line[-1] = ring[chord.start], ring[chord.end]
    return line


def _halves(ring: Ring, chord: Chord, line: Ring) -> Halves:
    """Close the two arcs of the ring with the line, both counter-clockwise."""
    forward = np.concatenate([ring[chord.start : chord.end + 1], line[-2:0:-1]])
    backward = np.concatenate([ring[chord.end :], ring[: chord.start + 1], line[1:-1]])
    if chord.first_is_forward:
        return Halves(forward, backward, line)
    return Halves(backward, forward, line)
