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
    x0, y0 = ring.T
    x1, y1 = following(x0), following(y0)
    above = y0 > points[:, 1][:, None]
    spans = above ^ np.concatenate([above[:, 1:], above[:, :1]], axis=1)
    point, edge = np.nonzero(spans)
    x, y = points[point].T
    left_of = x < x0[edge] + (y - y0[edge]) / (y1[edge] - y0[edge]) * (x1[edge] - x0[edge])
    return np.asarray(np.bincount(point[left_of], minlength=len(points)) % 2 == 1)


def distance_to_ring(points: Points, ring: Points) -> NDArray[np.float64]:
    """Distance of (m, 2) points to the nearest edge of an open ring (n, 2)."""
    if len(points) == 0:
        return np.zeros(0)
    ex, ey = (following(ring) - ring).T
    dx = np.subtract.outer(points[:, 0], ring[:, 0])
    dy = np.subtract.outer(points[:, 1], ring[:, 1])
    along = dx * ex
    along += dy * ey
    along /= np.maximum(ex**2 + ey**2, 1e-9)
    np.clip(along, 0.0, 1.0, out=along)
    dx -= along * ex
    dy -= along * ey
    dx *= dx
    dy *= dy
    dx += dy
    return np.asarray(np.sqrt(dx.min(axis=1)), dtype=np.float64)
