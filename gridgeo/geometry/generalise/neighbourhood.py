"""Which units a change may show in: hops from box to box.

The corners that stay on a unit's arcs depend on the units whose boxes meet its own; the places they
come to depend on the corners that stay nearby. So a unit depends on the units two hops away, and a
change shows in those two hops away from it.
"""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.generalise.frame import to_fine, unit_bits
from gridgeo.geometry.lattice import to_lattice

REACH_UNITS = 4
"""Boxes farther apart than this, in tile units, do not meet."""

Boxes = NDArray[np.int64]
Mask = NDArray[np.bool_]


def boxes_of(shapes: Sequence[Polygon | MultiPolygon]) -> Boxes:
    """West, north, east, south of polygons in degrees as fine units, (n, 4)."""
    array = np.empty(len(shapes), dtype=np.object_)
    array[:] = shapes
    west, south, east, north = to_lattice(shapely.bounds(array).reshape(-1, 4)).T.astype(np.int64)
    return np.hstack(
        (to_fine(np.column_stack((west, north))), to_fine(np.column_stack((east, south))))
    )


def near(boxes: Boxes, chosen: Mask, zoom: int) -> Mask:
    """Add to the chosen boxes, (n,), all that meet one of them at a zoom."""
    return meeting(boxes, boxes[chosen], zoom)


def meeting(boxes: Boxes, others: Boxes, zoom: int) -> Mask:
    """Say of boxes (n, 4) which meet one of others (m, 4) at a zoom."""
    result = np.zeros(len(boxes), dtype=np.bool_)
    if not len(others):
        return result
    reach = REACH_UNITS << unit_bits(zoom)
    hull = np.concatenate((others[:, :2].min(axis=0), others[:, 2:].max(axis=0)))
    rows = np.flatnonzero(_meet(boxes, hull, reach))
    near_by = boxes[rows]
    for other in others:
        result[rows[_meet(near_by, other, reach)]] = True
    return result


def _meet(boxes: Boxes, other: Boxes, reach: int) -> Mask:
    west, north, east, south = boxes.T
    return np.asarray(
        (west <= other[2] + reach) & (east >= other[0] - reach)
        & (north <= other[3] + reach) & (south >= other[1] - reach)
    )  # fmt: skip
