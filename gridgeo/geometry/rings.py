"""Rings of polygons and multipolygons (shapely's own `get_rings` skips multipolygons)."""

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry
from shapely.geometry import MultiPolygon, Polygon

Ring = NDArray[np.float64]


def rings_of(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """All rings of an array of polygons, part by part, and the position of each ring's shape."""
    parts, part_owner = shapely.get_parts(shapes, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    return rings, part_owner[ring_part]


def rings_of_one(shape: Geometry) -> NDArray[np.object_]:
    """All rings of one polygon or multipolygon, part by part; none of anything else."""
    return rings_of(np.array([shape], dtype=object))[0]


def map_rings(
    shape: Polygon | MultiPolygon, change: Callable[[Ring], Ring]
) -> Polygon | MultiPolygon:
    """Rebuild a polygon with each closed ring (k, 2) replaced by what `change` makes of it."""
    if isinstance(shape, MultiPolygon):
        return MultiPolygon([_map_polygon(part, change) for part in shape.geoms])
    return _map_polygon(shape, change)


def _map_polygon(polygon: Polygon, change: Callable[[Ring], Ring]) -> Polygon:
    shell, *holes = (change(shapely.get_coordinates(ring)) for ring in shapely.get_rings(polygon))
    return Polygon(shell, holes)
