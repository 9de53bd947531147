"""A coverage drawn for a zoom, and units above it made of the drawn ones.

What a unit looks like depends on its neighbourhood (see `neighbourhood.py`) and on nothing else: so
after a change only that is drawn again, with the same numbers as from scratch.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.generalise.arcs import NOBODY, Arcs, arcs_of
from gridgeo.geometry.generalise.cells import Cells, cells_of
from gridgeo.geometry.generalise.frame import unit_bits
from gridgeo.geometry.generalise.rings import Rings, rings_of_edges
from gridgeo.geometry.generalise.simplify import kept_corners
from gridgeo.geometry.generalise.snap import snapped
from gridgeo.geometry.segments import directed_segments, shape_array

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def tolerance_units(zoom: int) -> float:
    """How far a drawn border may lie from the true one, in tile units, before rounding.

    4 units are half a pixel on a screen that shows a tile 512 pixels wide. From zoom 15 on a client
    may magnify what it has got, so it gets more.
    """
    return {15: 2.0}.get(zoom, 4.0 if zoom < 15 else 1.0)


class Drawn(NamedTuple):
    """Units drawn for a zoom: their rings, and which are tokens.

    A token is a unit too small for its zoom: one square tile unit stands in its place and overlaps
    its neighbours, who share the unit's ground.
    """

    rings: Rings
    token: Mask


class Coverage:
    """The borders of a coverage, ready to be drawn for any zoom.

    Parameters
    ----------
    shapes
        Polygons of a coverage in degrees, on the lattice.

    Raises
    ------
    InvalidShape
        Polygons overlap, or something is no polygon.
    """

    def __init__(self, shapes: Sequence[Polygon | MultiPolygon]) -> None:
        self._count = len(shapes)
        self.arcs: Arcs = arcs_of(directed_segments(shape_array(shapes)))
        self._cells: Cells = cells_of(self.arcs.places)

    def drawn(self, zoom: int, tolerance: float | None = None) -> Drawn:
        """Draw all units in the tile units of a zoom, in their order.

        With a `tolerance` in tile units other than `tolerance_units`.
        """
        bits = unit_bits(zoom)
        within = tolerance_units(zoom) if tolerance is None else tolerance
        kept = kept_corners(self.arcs, self._cells, within * (1 << bits))
        xy, ends = snapped(self.arcs, kept, bits)
        start, end, units = _edges(self.arcs, xy, ends, self._count)
        return _with_tokens(rings_of_edges(start, end, units), self._places(bits))

    def _places(self, bits: int) -> Ints:
        """Return a tile unit where each unit is: that of the first corner of its first arc."""
        tips = self.arcs.places[self.arcs.corners[self.arcs.ends[:-1]]]
        pixels = (tips + ((1 << bits) >> 1)) >> bits
        keys = pixels[:, 0] << 32 | pixels[:, 1]
        found = np.full(self._count + 1, np.iinfo(np.int64).max)
        np.minimum.at(found, self.arcs.left, keys)
        np.minimum.at(found, self.arcs.right, keys)
        return found[: self._count]


def _edges(arcs: Arcs, xy: Ints, ends: Ints, count: int) -> tuple[Ints, Ints, Ints]:
    """Directed edges of units, each unit's one after the other."""
    keys = xy[:, 0] << 32 | xy[:, 1]
    inner = np.ones(len(keys), dtype=np.bool_)
    inner[ends[1:][ends[1:] > ends[:-1]] - 1] = False
    at = np.flatnonzero(inner)
    arc = np.repeat(np.arange(len(ends) - 1), np.diff(ends))[at]
    one, other = keys[at], keys[at + 1]
    owner = np.concatenate((arcs.left[arc], arcs.right[arc]))
    start, end = np.concatenate((one, other)), np.concatenate((other, one))
    return grouped(start, end, owner, count)


def grouped(
    start: Ints, end: Ints, owner: NDArray[np.integer], count: int
) -> tuple[Ints, Ints, Ints]:
    """Sort edges by owner, those of nobody left out; where each owner's begin, (count + 1,)."""
    order = np.argsort(owner, kind="stable")
    order = order[np.searchsorted(owner[order], NOBODY, side="right") :]
    units = np.searchsorted(owner[order], np.arange(count + 1))
    return start[order], end[order], units


def _with_tokens(rings: Rings, places: Ints) -> Drawn:
    """Give every unit without a ring the square of one tile unit."""
    token = np.diff(rings.units) == 0
    if not token.any():
        return Drawn(rings, token)
    unit = np.repeat(np.arange(len(token)), np.diff(rings.units))
    all_units = np.concatenate((unit, np.flatnonzero(token)))
    sizes = np.concatenate((np.diff(rings.ends), np.full(int(token.sum()), 4)))
    corner = np.column_stack((places[token] >> 32, places[token] & 0xFFFFFFFF))
    squares = corner[:, None] + np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    xy = np.concatenate((rings.xy, squares.reshape(-1, 2).astype(np.int32)))
    area2 = np.concatenate((rings.area2, np.full(int(token.sum()), 2)))
    order = np.argsort(all_units, kind="stable")
    return Drawn(_taken(xy, sizes, area2, order, all_units, len(token)), token)


def _taken(
    xy: NDArray[np.int32], sizes: Ints, area2: Ints, order: Ints, unit: Ints, count: int
) -> Rings:
    """Rings of units in another order."""
    begins = np.append(0, np.cumsum(sizes))[:-1]
    ends = np.append(0, np.cumsum(sizes[order]))
    rows = np.arange(ends[-1]) + np.repeat(begins[order] - ends[:-1], sizes[order])
    units = np.searchsorted(unit[order], np.arange(count + 1))
    return Rings(xy[rows], ends, units, area2[order])


def rings_at(rings: Rings, rows: Ints) -> Rings:
    """Rings of some units, in the order asked for."""
    counts = np.diff(rings.units)[rows]
    units = np.append(0, np.cumsum(counts))
    ring = np.arange(units[-1]) + np.repeat(rings.units[rows] - units[:-1], counts)
    sizes = np.diff(rings.ends)[ring]
    ends = np.append(0, np.cumsum(sizes))
    place = np.arange(ends[-1]) + np.repeat(rings.ends[ring] - ends[:-1], sizes)
    return Rings(rings.xy[place], ends, units, rings.area2[ring])


def dissolved(drawn: Drawn, owner: NDArray[np.integer], count: int) -> Drawn:
    """Draw larger units as the sum of drawn ones: shared arcs, by construction.

    Parameters
    ----------
    drawn
        Units of a coverage.
    owner
        The larger unit of each, (n,), 0 to `count` - 1, or `NOBODY`.
    count
        Number of the larger units; each has at least one.
    """
    start, end, unit = edges_of_rings(drawn.rings)
    of = np.where(drawn.token, NOBODY, owner)[unit]
    made = rings_of_edges(*grouped(start, end, of, count))
    places = np.full(count + 1, np.iinfo(np.int64).max)
    np.minimum.at(places, owner[unit], start)
    return _with_tokens(made, places[:count])


def edges_of_rings(rings: Rings) -> tuple[Ints, Ints, Ints]:
    """Directed edges of rings: their ends as x << 32 | y, and the unit of each."""
    keys = rings.xy[:, 0].astype(np.int64) << 32 | rings.xy[:, 1]
    onward = np.arange(1, len(keys) + 1)
    onward[rings.ends[1:] - 1] = rings.ends[:-1]
    ring_unit = np.repeat(np.arange(len(rings.units) - 1), np.diff(rings.units))
    return keys, keys[onward], np.repeat(ring_unit, np.diff(rings.ends))
