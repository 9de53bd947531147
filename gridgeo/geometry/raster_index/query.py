"""Whose is each point, exactly: what `walk.py` does by floats alone, and all that it leaves.

One array read decides in most cells, one exact edge test in most of the others.

In a cell with several edges a ray goes north: the first edge above the point, within the cell,
tells by the polygon below it; when there is none the question moves on to where the ray leaves the
cell. The ray runs just east of the point, so it meets an edge from its west end up to, not
including, its east end, and never a vertical one.
"""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.lattice import to_degrees
from gridgeo.geometry.predicates import orientation
from gridgeo.geometry.raster_index.frame import FINE, FINE_BITS
from gridgeo.geometry.raster_index.raster import Raster
from gridgeo.geometry.raster_index.rasterise import PLACE_BITS, UNIT
from gridgeo.geometry.raster_index.spans import runs
from gridgeo.geometry.raster_index.walk import ERROR_BOUND, SAME_HEIGHT, UNDERFLOW

_POINTS_AT_ONCE = 1 << 15
_UNKNOWN = -1

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Slots = NDArray[np.int32]


def slots_at(raster: Raster, rank: Ints, lon: Array, lat: Array) -> Slots:
    """Slot of the owner of each point, finite degrees; `rank` by slot decides on borders."""
    result = np.empty(len(lon), dtype=np.int32)
    for i in range(0, len(lon), _POINTS_AT_ONCE):
        part = slice(i, i + _POINTS_AT_ONCE)
        result[part] = _slots(raster, rank, lon[part], lat[part])
    return result


def covering_slots(raster: Raster, rank: Ints, lon: float, lat: float) -> list[int]:
    """Slots of all polygons that cover one point, in no order; nobody may be among them."""
    x, y = np.array([lon]), np.array([lat])
    value = int(values_at(raster, *raster.frame.whole(x, y))[0])
    if value < 0:
        record = raster.edges.data[_edges_of(raster, ~value)]
        x, y = np.full(len(record), lon), np.full(len(record), lat)
        on = _meets(record, sides(record, x, y), x, y)
        if on.any():
            return [int(slot) for slot in np.unique(record[on, 4:])]
    return [int(slot) for slot in slots_at(raster, rank, x[:1], y[:1])]


def _edges_of(raster: Raster, code: int) -> NDArray[np.int32]:
    """Edges of a cell of the second level, by its code."""
    head, lists = code >> 1, raster.lists.data
    return lists[head + 1 : head + 1 + lists[head]] if code & 1 else np.array([head], np.int32)


def _slots(raster: Raster, rank: Ints, lon: Array, lat: Array) -> Slots:
    u, v = raster.frame.whole(lon, lat)
    value = values_at(raster, u, v)
    unknown = np.flatnonzero(value < 0)
    code = ~value.take(unknown)
    listed = (code & 1).astype(np.bool_)
    alone, several = unknown[~listed], unknown[listed]
    edge = code[~listed] >> 1
    value[alone] = _beside_one(raster, rank, edge, lon.take(alone), lat.take(alone))
    if len(several):
        points = _Points(lon[several], lat[several], u[several], v[several])
        value[several] = _among_several(raster, rank, points, code[listed] >> 1)
    return value


def values_at(raster: Raster, u: Ints, v: Ints) -> Slots:
    """Values of the smallest cells that hold whole fine units."""
    cell = (v >> FINE_BITS) * raster.frame.columns
    cell += u >> FINE_BITS
    value = raster.coarse.take(cell)
    refined = np.flatnonzero(value < 0)
    code = ~value.take(refined)
    k = code & ((1 << PLACE_BITS) - 1)
    shift = FINE_BITS - k
    place = (code >> PLACE_BITS).astype(np.int64) * UNIT
    place += ((v.take(refined) & (FINE - 1)) >> shift) << k
    place += (u.take(refined) & (FINE - 1)) >> shift
    value[refined] = raster.blocks.data.take(place)
    return value


def _beside_one(raster: Raster, rank: Ints, edge: Slots, lon: Array, lat: Array) -> Slots:
    """Slots of points in cells that one edge crosses from side to side."""
    record = raster.edges.data.take(edge, axis=0)
    side = sides(record, lon, lat)
    west, east = record[:, 4], record[:, 5]
    result = np.where(side > 0, west, east)
    on = np.flatnonzero(side == 0)
    if len(on):
        result[on] = np.where(rank[west[on]] < rank[east[on]], west[on], east[on])
    return result


def sides(record: Slots, lon: Array, lat: Array) -> NDArray[np.int8]:
    """Side of edges, looking from their south end to the north end: 1 left, 0 on the line, -1."""
    ax, ay, bx, by = (record[:, i] / 1e7 for i in range(4))
    ax -= lon
    bx -= lon
    ay -= lat
    by -= lat
    ax *= by
    ay *= bx
    determinant = ax - ay
    bound = np.abs(ax)
    bound += np.abs(ay)
    bound *= ERROR_BOUND
    bound += UNDERFLOW
    result = np.sign(determinant).astype(np.int8)
    unsure = np.flatnonzero(np.abs(determinant) <= bound)
    if len(unsure):
        x1, y1, x2, y2 = to_degrees(record[unsure, :4]).T
        result[unsure] = orientation(x1, y1, x2, y2, lon[unsure], lat[unsure])
    return result


class _Points(NamedTuple):
    """Points in degrees and whole fine units."""

    lon: Array
    lat: Array
    u: Ints
    v: Ints

    def where(self, mask: NDArray[np.bool_]) -> "_Points":
        """Return the points chosen by a mask."""
        return _Points(self.lon[mask], self.lat[mask], self.u[mask], self.v[mask])


class _Met(NamedTuple):
    """Pairs of a point and an edge of its cell: row of the point, record, side of the point."""

    point: Ints
    record: Slots
    side: NDArray[np.int8]


def _among_several(raster: Raster, rank: Ints, points: _Points, head: Slots) -> Slots:
    """Slots of points in cells with several edges, given the place of the cell's list."""
    met = _meet(raster, points, head)
    result = _tied(rank, points, met)
    todo = np.flatnonzero(result == _UNKNOWN)
    points, head = points.where(result == _UNKNOWN), head[todo]
    while len(todo):
        top, above = _top(raster, points)
        found = _below_first(_meet(raster, points, head), points, top)
        on = found == _UNKNOWN
        points = points.where(on)._replace(lat=top[on], v=above[on])
        found[on], head = _above(raster, points)
        result[todo] = found
        onward = found == _UNKNOWN
        points, todo = points.where(onward[on]), todo[onward]
    return result


def _meet(raster: Raster, points: _Points, head: Slots) -> _Met:
    point, step = runs(raster.lists.data[head])
    record = raster.edges.data.take(raster.lists.data[head[point] + 1 + step], axis=0)
    return _Met(point, record, sides(record, points.lon[point], points.lat[point]))


def _meets(record: Slots, side: NDArray[np.int8], lon: Array, lat: Array) -> NDArray[np.bool_]:
    """Whether points lie on edges, ends included, knowing their side of the line."""
    ax, ay, bx, by = (to_degrees(record[:, i]) for i in range(4))
    within = (np.minimum(ax, bx) <= lon) & (lon <= np.maximum(ax, bx)) & (ay <= lat) & (lat <= by)
    return np.asarray((side == 0) & within, dtype=np.bool_)


def _tied(rank: Ints, points: _Points, met: _Met) -> Slots:
    """Slot of the lowest rank of those beside the edges that a point lies on."""
    result = np.full(len(points.lon), _UNKNOWN, dtype=np.int32)
    flat = np.flatnonzero(met.side == 0)
    point, record = met.point[flat], met.record[flat]
    on = _meets(record, met.side[flat], points.lon[point], points.lat[point])
    slots = record[on, 4:]
    point, slot = np.repeat(point[on], 2), slots.ravel()
    order = np.lexsort((-rank[slot], point))
    result[point[order]] = slot[order]  # of several the last stays: the lowest rank
    return result


def _top(raster: Raster, points: _Points) -> tuple[Array, Ints]:
    """Latitude at which rays leave their cell, and the whole fine unit above it."""
    frame = raster.frame
    coarse = raster.coarse[(points.v >> FINE_BITS) * frame.columns + (points.u >> FINE_BITS)]
    shift = FINE_BITS - (~coarse & ((1 << PLACE_BITS) - 1))
    above = ((points.v >> shift) + 1) << shift
    top = above / frame.scale + frame.south
    return np.maximum(top, points.lat), above


def _below_first(met: _Met, points: _Points, top: Array) -> Slots:
    """Slot below the first edge above each point, on no edge, up to the top of the cell."""
    point, record, side = met
    lon = points.lon[point]
    ax, bx = to_degrees(record[:, 0]), to_degrees(record[:, 2])
    eastward = ax < bx
    spanned = (np.minimum(ax, bx) <= lon) & (lon < np.maximum(ax, bx))
    over = np.flatnonzero(spanned & (side == np.where(eastward, -1, 1)))
    leaving = sides(record[over], lon[over], top[point[over]])
    over = over[leaving != side[over]]
    first = over[_lowest(record[over], point[over], lon[over])]
    result = np.full(len(top), _UNKNOWN, dtype=np.int32)
    result[point[first]] = np.where(eastward[first], record[first, 5], record[first, 4])
    return result


def _above(raster: Raster, points: _Points) -> tuple[Slots, Slots]:
    """Slots of rays that have come to another cell, if it knows; else the place of its list.

    A ray that comes in on the line of the one edge of a cell runs east of that upright edge.
    """
    value = values_at(raster, points.u, points.v)
    alone = np.flatnonzero((value < 0) & (value & 1 == 1))
    edge = ~value[alone] >> 1
    record = raster.edges.data.take(edge, axis=0)
    west = sides(record, points.lon[alone], points.lat[alone]) > 0
    value[alone] = np.where(west, record[:, 4], record[:, 5])
    head = ~value[value < 0] >> 1
    return np.maximum(value, _UNKNOWN), head


def _lowest(record: Slots, point: Ints, lon: Array) -> Ints:
    """Row of the lowest edge of each point just east of its longitude."""
    ax, ay, bx, by = to_degrees(record[:, :4]).T
    height = ay + (lon - ax) * ((by - ay) / (bx - ax))
    order = np.lexsort((height, point))
    ordered, heights = point[order], height[order]
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = ordered[1:] != ordered[:-1]
    start = np.flatnonzero(fresh)
    lowest = order[start]
    close = ~fresh
    close[1:] &= heights[1:] - heights[:-1] <= SAME_HEIGHT
    run = np.cumsum(fresh) - 1
    for i in np.unique(run[close]).tolist():
        rows = order[run == i].tolist()
        lowest[i] = min(rows, key=lambda row: _height(record[row], float(lon[row])))
    return lowest


def _height(record: Slots, lon: float) -> tuple[Fraction, Fraction]:
    """Exact latitude of an edge at a longitude, and its slope."""
    ax, ay, bx, by = (Fraction(float(value)) for value in to_degrees(record[:4]))
    slope = (by - ay) / (bx - ax)
    return ay + (Fraction(lon) - ax) * slope, slope
