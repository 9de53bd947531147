"""Rings of lattice points: int64 (n, 2), open, counter-clockwise, and their exact measures."""

from __future__ import annotations

import math
from typing import TypeAlias, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry.lattice import SCALE, to_degrees, to_lattice

Ring: TypeAlias = NDArray[np.int64]
"""Lattice points (n, 2), lon then lat, open (first point not repeated), counter-clockwise."""
Points: TypeAlias = NDArray[np.float64]
"""Metric points (n, 2): lattice units, lon shrunk by the cosine of the latitude."""

Number = TypeVar("Number", np.int64, np.float64)
METRES_PER_UNIT = 111_195.0 / SCALE
"""Metres along a meridian for one lattice unit, on a sphere of 6,371 km."""


class Frame:
    """Metric view of the lattice around one latitude: good to 1 % over a city."""

    def __init__(self, latitude_deg: float) -> None:
        self.aspect = math.cos(math.radians(latitude_deg))
        self._scale = np.array([self.aspect, 1.0])

    def metric(self, lattice: Ring) -> Points:
        """Shrink longitudes so that both axes have the same length unit."""
        return np.asarray(lattice * self._scale, dtype=np.float64)

    def lattice(self, metric: Points) -> Ring:
        """Round metric points to the lattice."""
        return np.asarray(np.rint(metric / self._scale), dtype=np.int64)

    def units(self, metres: float) -> float:
        """Metres to lattice units along a meridian."""
        return metres / METRES_PER_UNIT


def following(values: NDArray[Number]) -> NDArray[Number]:
    """Each row's successor around a ring; many times faster than numpy's roll on small arrays."""
    return np.concatenate([values[1:], values[:1]])


def doubled_area(ring: Ring) -> int:
    """Twice the signed area in square lattice units, exact."""
    x, y = (ring - ring[0]).T
    return int(np.dot(x, following(y)) - np.dot(following(x), y))


def counter_clockwise(ring: Ring) -> Ring:
    """Turn a ring so that the interior lies on the left."""
    return ring if doubled_area(ring) > 0 else ring[::-1].copy()


def centroid(ring: Ring) -> tuple[float, float]:
    """Centroid in lattice units (float)."""
    origin = ring[0]
    x, y = (ring - origin).astype(np.float64).T
    nx, ny = following(x), following(y)
    cross = x * ny - nx * y
    six_areas = 3.0 * float(cross.sum())
    cx = float(((x + nx) * cross).sum()) / six_areas
    cy = float(((y + ny) * cross).sum()) / six_areas
    return cx + float(origin[0]), cy + float(origin[1])


def densified_ring(polygon: shapely.Polygon, spacing_m: float, frame: Frame) -> Ring:
    """Exterior of a polygon in degrees as a lattice ring with vertices at most ``spacing_m`` apart.

    New vertices are rounded to the lattice, which moves the line by less than one lattice unit
    (about 1 cm); repeated points are dropped.
    """
    corners = to_lattice(shapely.get_coordinates(polygon.exterior)[:-1]).astype(np.float64)
    pieces = []
    for start, end in zip(corners, following(corners), strict=True):
        length = float(np.hypot(*((end - start) * (frame.aspect, 1.0))))
        count = max(1, math.ceil(length / frame.units(spacing_m)))
        pieces.append(start + np.arange(count)[:, None] / count * (end - start))
    ring = np.rint(np.concatenate(pieces)).astype(np.int64)
    return counter_clockwise(ring[np.any(ring != np.roll(ring, 1, axis=0), axis=1)])


def ring_polygon(ring: Ring) -> shapely.Polygon:
    """Polygon whose coordinates are the lattice integers themselves."""
    return shapely.Polygon(ring.astype(np.float64))


def degrees_polygon(ring: Ring) -> shapely.Polygon:
    """Polygon in degrees on the lattice."""
    return shapely.Polygon(to_degrees(ring))
