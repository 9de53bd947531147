"""Free points inside leaves, for buildings and everything else that stands in one grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.synth.rings import centroid, doubled_area, following

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.synth.rings import Frame, Points, Ring


@dataclass(frozen=True, slots=True)
class Sites:
    """Points strictly inside a ring, in metric units from the ring's first point.

    ``clearance`` is each point's distance to the ring; ``pitch`` the distance between points.
    """

    points: Points
    clearance: NDArray[np.float64]
    pitch: float

    def deepest(self) -> int:
        """Position of the point farthest from the ring."""
        return int(np.argmax(self.clearance))


def sites(ring: Ring, count: int, angle: float, frame: Frame) -> Sites:
    """About ``count`` points on a turned square grid that lie inside the ring, at least one.

    Points closer to the ring than a quarter of the pitch are left out; a narrow ring gets a finer
    grid.
    """
    metric = frame.metric(ring - ring[0])
    area = doubled_area(ring) / 2.0 * frame.aspect
    middle = frame.metric(np.array([centroid(ring)]) - ring[0])[0]
    pitch = math.sqrt(area / count)
    reach = float(np.hypot(*(metric - middle).T).max())
    return patch(metric, middle, pitch, reach, angle)


def patch(metric: Points, middle: Points, pitch: float, reach: float, angle: float) -> Sites:
    """Points of a turned square grid within ``reach`` of ``middle`` and inside the ring."""
    steps = np.arange(-math.ceil(reach / pitch), math.ceil(reach / pitch) + 1) * pitch
    u, v = (axis.ravel() for axis in np.meshgrid(steps, steps))
    cosine, sine = math.cos(angle), math.sin(angle)
    points = middle + np.column_stack([u * cosine - v * sine, u * sine + v * cosine])
    low, high = metric.min(axis=0), metric.max(axis=0)
    points = points[np.all((points > low) & (points < high), axis=1)]
    points = points[inside(points, metric)]
    clearance = distance_to_ring(points, metric)
    free = clearance >= 0.25 * pitch
    if free.any():
        return Sites(points[free], clearance[free], pitch)
    return patch(metric, middle, 0.7 * pitch, reach, angle)


def inside(points: Points, ring: Points) -> NDArray[np.bool_]:
    """Even-odd test of (m, 2) points against an open ring (n, 2), in floating point."""
    x, y = points[:, 0][:, None], points[:, 1][:, None]
    x0, y0 = ring[:, 0][None, :], ring[:, 1][None, :]
    x1, y1 = following(ring[:, 0])[None, :], following(ring[:, 1])[None, :]
    spans = (y0 > y) != (y1 > y)
    rise = np.where(y1 == y0, 1.0, y1 - y0)
    left_of = x < x0 + (y - y0) / rise * (x1 - x0)
    return np.asarray((spans & left_of).sum(axis=1) % 2 == 1)


def distance_to_ring(points: Points, ring: Points) -> NDArray[np.float64]:
    """Distance of (m, 2) points to the nearest edge of an open ring (n, 2)."""
    if len(points) == 0:
        return np.zeros(0)
    edge = following(ring) - ring
    dx = points[:, 0][:, None] - ring[:, 0][None, :]
    dy = points[:, 1][:, None] - ring[:, 1][None, :]
    along = (dx * edge[:, 0] + dy * edge[:, 1]) / np.maximum((edge**2).sum(axis=1), 1e-9)
    along = np.clip(along, 0.0, 1.0)
    squared = (dx - along * edge[:, 0]) ** 2 + (dy - along * edge[:, 1]) ** 2
    return np.asarray(np.sqrt(squared.min(axis=1)), dtype=np.float64)
