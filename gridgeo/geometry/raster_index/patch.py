"""A raster after a change of the map: only the cells around the change are made anew."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gridgeo.geometry.errors import InvalidShape
from gridgeo.geometry.raster_index.frame import FINE
from gridgeo.geometry.raster_index.growing import Growing
from gridgeo.geometry.raster_index.query import slots_at
from gridgeo.geometry.raster_index.raster import DENSITY, Array, Raster, centres, owners_by_tree
from gridgeo.geometry.raster_index.rasterise import (
    PLACE_BITS,
    UNIT,
    Cells,
    Ints,
    first_level,
    second_level,
)
from gridgeo.geometry.raster_index.shared_edges import NOBODY, Records, degrees_of, joined_records
from gridgeo.geometry.raster_index.spans import runs
from gridgeo.geometry.segments import Segments, directed_segments, joined, net, pack


class Change(NamedTuple):
    """Slots that go; polygons that come, on the lattice, and the slots they get."""

    going: Ints
    shapes: NDArray[np.object_]
    slots: Ints


def patched(raster: Raster, rank: Ints, change: Change) -> Raster:
    """Raster after a change that covers the same ground as before; all other cells are shared.

    Raises
    ------
    InvalidShape
        When the polygons that come do not cover exactly the ground of those that go, corner by
        corner: then the index is to be built anew.
    """
    if not len(change.shapes):
        raise InvalidShape("nothing covers the ground of the old polygons", key="shapes")
    region = _region(raster, change.shapes)
    cell, edge = _edges_in(raster, region)
    known, place = np.unique(edge, return_inverse=True)
    old = raster.edges.data[known]
    fresh, touched = _fresh_edges(old, change)
    edges, offset = raster.edges.appended(fresh)
    kept = ~touched[place]
    new_cell, new_edge = first_level(raster.frame, degrees_of(fresh))
    cell = np.concatenate((cell[kept], new_cell))
    edge = np.concatenate((edge[kept], new_edge + offset))
    order = np.argsort(cell, kind="stable")
    cell, edge = cell[order], edge[order]
    return _refined(raster, rank, change, region, edges, cell, edge)


def _refined(
    raster: Raster,
    rank: Ints,
    change: Change,
    region: Ints,
    edges: Growing,
    cell: Ints,
    edge: Ints,
) -> Raster:
    """Make the cells of the region anew from these pairs of cell and edge."""
    tree = STRtree(change.shapes)

    def owners(lon: Array, lat: Array) -> Cells:
        before = slots_at(raster, rank, lon, lat)
        before[np.isin(before, change.going)] = NOBODY
        after = owners_by_tree(tree, lon, lat)
        return np.where(after > 0, change.slots[after - 1], before).astype(np.int32)

    met = edges.data[edge]
    refined, made = second_level(
        raster.frame, cell, edge, degrees_of(met), met[:, 4:], DENSITY, owners
    )
    lists, entries = raster.lists.appended(made.lists)
    made = made.behind(0, entries)
    blocks, cells = raster.blocks.appended(made.cells)
    coarse = raster.coarse.copy()
    coarse[region] = owners(*centres(raster.frame, region))
    coarse[refined] = made.behind(cells, 0).values
    return Raster(raster.frame, coarse, blocks, edges, lists)


def _region(raster: Raster, shapes: NDArray[np.object_]) -> Ints:
    """First-level cells in or near the boxes of polygons, ordered."""
    west, south, east, north = shapely.bounds(shapes).T
    frame = raster.frame
    u1, v1 = (a.astype(np.int64) // FINE - 1 for a in frame.fine(west, south))
    u2, v2 = (a.astype(np.int64) // FINE + 1 for a in frame.fine(east, north))
    limits = frame.columns - 1, frame.rows - 1
    boxes = np.column_stack((
        u1.clip(0, limits[0]), v1.clip(0, limits[1]), u2.clip(0, limits[0]), v2.clip(0, limits[1])
    ))  # fmt: skip
    cells = [
        (np.arange(b, d + 1)[:, None] * frame.columns + np.arange(a, c + 1)).ravel()
        for a, b, c, d in boxes.tolist()
    ]
    return np.unique(np.concatenate(cells))


def _edges_in(raster: Raster, region: Ints) -> tuple[Ints, Ints]:
    """Pairs, each once, of a cell of the region and an edge that meets it, ordered."""
    value = raster.coarse[region]
    region, code = region[value < 0], ~value[value < 0]
    size = np.left_shift(1, 2 * (code & (1 << PLACE_BITS) - 1)).astype(np.int64)
    block, step = runs(size)
    fine = raster.blocks.data[(code >> PLACE_BITS).astype(np.int64)[block] * UNIT + step]
    block, code = block[fine < 0], ~fine[fine < 0]
    listed = code & 1 == 1
    head = (code[listed] >> 1).astype(np.int64)
    entry, step = runs(raster.lists.data[head])
    edge = np.concatenate((code[~listed] >> 1, raster.lists.data[head[entry] + 1 + step]))
    cell = np.concatenate((region[block[~listed]], region[block[listed][entry]]))
    both = np.unique(cell << 32 | edge)
    return both >> 32, both & 0xFFFFFFFF


def _fresh_edges(old: Records, change: Change) -> tuple[Records, NDArray[np.bool_]]:
    """Return the records that take the place of old ones, and which old ones go."""
    west, east = np.isin(old[:, 4], change.going), np.isin(old[:, 5], change.going)
    gone = joined(_walked(old[west], 4), _walked(old[east], 5))
    made = directed_segments(change.shapes)
    if not all(np.array_equal(a, b) for a, b in zip(net(gone), net(made), strict=True)):
        raise InvalidShape(
            "the new polygons do not cover exactly the ground of the old", key="shapes"
        )
    new = Segments(made.start, made.end, change.slots[made.owner])
    stay = joined(_walked(old[west & ~east], 5), _walked(old[east & ~west], 4))
    return joined_records(joined(new, stay.where(stay.owner != NOBODY))), west | east


def _walked(edges: Records, side: int) -> Segments:
    """Edges as segments with the polygon of column `side`, 4 or 5, on their left."""
    south, north = pack(edges[:, :2]), pack(edges[:, 2:4])
    owner = edges[:, side].astype(np.int64)
    return Segments(south, north, owner) if side == 4 else Segments(north, south, owner)
