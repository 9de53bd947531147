"""Several outlines at once: each shared edge gets its further vertices once, for both sides."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgeo.geometry.lattice import to_lattice
from gridgeo.synth.rings import counter_clockwise, following

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridgeo.synth.rings import Frame, Ring


def shared_rings(
    outlines: Mapping[str, shapely.Polygon], spacing_m: float, frame: Frame
) -> dict[str, Ring]:
    """Exteriors of polygons in degrees as lattice rings, counter-clockwise, in code order.

    Vertices are at most ``spacing_m`` apart. The vertices of an edge are counted from its lower
    end, so that two polygons that share the edge also share them: a coverage stays one.
    """
    rings = {}
    for code in sorted(outlines):
        corners = to_lattice(shapely.get_coordinates(outlines[code].exterior)[:-1])
        wide = corners.astype(np.int64)
        pieces = [
            _edge(tuple(start), tuple(end), spacing_m, frame)
            for start, end in zip(wide.tolist(), following(wide).tolist(), strict=True)
        ]
        rings[code] = counter_clockwise(np.concatenate(pieces))
    return rings


def _edge(start: tuple[int, ...], end: tuple[int, ...], spacing_m: float, frame: Frame) -> Ring:
    """Vertices of an edge from its start on, without its end."""
    low, high = (np.array(point, dtype=np.float64) for point in sorted((start, end)))
    length = float(np.hypot(*((high - low) * (frame.aspect, 1.0))))
    count = max(1, math.ceil(length / frame.units(spacing_m)))
    points = np.rint(low + np.arange(count + 1)[:, None] / count * (high - low)).astype(np.int64)
    return points[:-1] if start <= end else points[:0:-1]
