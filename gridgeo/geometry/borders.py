"""The borders of many polygons at once: their segments, and which polygons are simple for sure.

A ring that turns strictly one way around some point, and once around in all, is star-shaped about
it, so it is simple. That is one product for each corner, in whole numbers, and holds for most small
units (98 % of those drawn along streets); only the others are asked of GEOS.
"""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

from gridgeo.geometry.lattice import SCALE, to_degrees, to_lattice
from gridgeo.geometry.segments import Segments, directed_segments, joined, pack

_REACH = 1 << 25  # lattice units from the centre, 370 km: products of two are exact in a double
_BLOCK = 500  # polygons read at once: their corners stay in the processor's cache, 1.4 x as fast

Lattice = NDArray[np.int32]


class Borders(NamedTuple):
    """What one pass over the coordinates of an array of polygons tells.

    Parameters
    ----------
    segments
        Each with its polygon on the left; the owner is the position in the array.
    simple
        Whether a polygon is proven to be valid; if not, it may still be.
    off_owner, off_place
        The polygons with a vertex off the lattice, (k,), and the first such vertex, (k, 2).
    """

    segments: Segments
    simple: NDArray[np.bool_]
    off_owner: NDArray[np.int64]
    off_place: NDArray[np.float64]


def read_borders(shapes: NDArray[np.object_]) -> Borders:
    """Read polygons in degrees; raises `NotACoordinate` for NaN and values out of range."""
    firsts = range(0, max(len(shapes), 1), _BLOCK)
    blocks = [_read_block(shapes[first : first + _BLOCK], first) for first in firsts]
    segments, *others = zip(*blocks, strict=True)
    return Borders(joined(*segments), *(np.concatenate(column) for column in others))


def _read_block(shapes: NDArray[np.object_], first: int) -> Borders:
    """Borders of a run of polygons that begins at a position of the array."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    corners = to_lattice(xy)
    off = np.flatnonzero((to_degrees(corners) != xy).ravel()) // 2
    off_owner, earliest = np.unique(owner[off], return_index=True)
    turn = _turns(shapes, corners, owner)
    turn[off_owner] = 0
    others = np.flatnonzero(turn == 0)
    slow = directed_segments(shapes[others])
    segments = joined(_along(corners, owner, turn), slow._replace(owner=others[slow.owner]))
    segments = segments._replace(owner=segments.owner + first)
    return Borders(segments, turn != 0, off_owner + first, xy[off[earliest]])


def _along(corners: Lattice, owner: NDArray[np.int64], turn: NDArray[np.int8]) -> Segments:
    """Segments of the polygons whose one ring turns 1 (left) or -1 (right) all along."""
    keys = pack(corners)
    onward = np.flatnonzero((owner[1:] == owner[:-1]) & (turn != 0).take(owner[1:]))
    start, end, mine = keys.take(onward), keys.take(onward + 1), owner.take(onward)
    if (turn < 0).any():
        back = turn[mine] < 0
        start, end = np.where(back, end, start), np.where(back, start, end)
    return Segments(start, end, mine)


def _turns(
    shapes: NDArray[np.object_], corners: Lattice, owner: NDArray[np.int64]
) -> NDArray[np.int8]:
    """1 or -1 for polygons star-shaped about the centre of their box, counter-clockwise or not.

    0 where that is not so, and for polygons of several rings.
    """
    if not len(shapes):
        return np.zeros(0, dtype=np.int8)
    boxes = np.rint(shapely.bounds(shapes) * SCALE)
    centre = np.rint((boxes[:, :2] + boxes[:, 2:]) / 2).astype(np.int32)
    once = has_one_ring(shapes) & ((boxes[:, 2:] - centre).max(axis=1) < _REACH)
    # What wraps around here lies beyond the reach.
    x, y = (corners - centre.take(owner, axis=0)).T.astype(np.float64, order="C")
    area = x[:-1] * y[1:]
    area -= x[1:] * y[:-1]
    rises = (y[:-1] < 0) & (y[1:] >= 0)
    first = np.searchsorted(owner, np.arange(len(shapes)))
    junction = first[1:] - 1  # from the last corner of one polygon to the first of the next
    area[junction] = area[junction - 1]
    rises[junction] = False
    once &= np.bincount(owner[:-1][rises], minlength=len(shapes)) == 1
    left = once & (np.minimum.reduceat(area, first) > 0)
    right = once & ~left & (np.maximum.reduceat(area, first) < 0)
    return np.asarray(left.astype(np.int8) - right.astype(np.int8), dtype=np.int8)


def has_one_ring(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Whether each polygon or multipolygon of an array is bounded by one ring."""
    whole = shapely.get_num_geometries(shapes) == 1
    parts = shapes
    if (shapely.get_type_id(shapes) == GeometryType.MULTIPOLYGON).any():
        parts = shapely.get_geometry(shapes, 0)
    return np.asarray(whole & (shapely.get_num_interior_rings(parts) == 0), dtype=np.bool_)
