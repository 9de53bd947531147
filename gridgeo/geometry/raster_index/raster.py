"""The raster as a value, and how it is made from a coverage."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gridgeo.geometry.raster_index.fill import EMPTY, fill_runs
from gridgeo.geometry.raster_index.frame import FINE, Frame
from gridgeo.geometry.raster_index.growing import Growing
from gridgeo.geometry.raster_index.rasterise import (
    Blocks,
    Cells,
    Ints,
    Owners,
    first_level,
    second_level,
)
from gridgeo.geometry.raster_index.shared_edges import NOBODY, Records, degrees_of

EDGES_PER_CELL = 3.0
DENSITY = 5.0
_PAIRS_AT_ONCE = 300_000
_THREADS = 2

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Raster:
    """First level (flat, row by row from the south), blocks of the second, edges, edge lists."""

    frame: Frame
    coarse: Cells
    blocks: Growing
    edges: Growing
    lists: Growing


def build_raster(shapes: NDArray[np.object_], edges: Records) -> Raster:
    """Raster of a coverage (valid, on the lattice) with its shared edges, at least one."""
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    frame = Frame.over((west, south, east, north), int(len(edges) / EDGES_PER_CELL) + 16)
    tree = STRtree(shapes)

    def owners(lon: Array, lat: Array) -> Cells:
        return owners_by_tree(tree, lon, lat)

    coarse = np.full(frame.columns * frame.rows, EMPTY, dtype=np.int32)
    blocks, lists = refine(frame, coarse, edges, owners)
    fill_runs(coarse, lambda cell: owners(*centres(frame, cell)))
    return Raster(frame, coarse, blocks, Growing.of([edges]), lists)


def refine(frame: Frame, coarse: Cells, edges: Records, owners: Owners) -> tuple[Growing, Growing]:
    """Write the cells that edges meet into the first level; their blocks and edge lists."""
    cell, edge = first_level(frame, degrees_of(edges))

    def refined(these: slice) -> tuple[Ints, Blocks]:
        met = edges[edge[these]]
        return second_level(
            frame, cell[these], edge[these], degrees_of(met), met[:, 4:], DENSITY, owners
        )

    parts, lists, places, heads = [], [], 0, 0
    with ThreadPoolExecutor(_THREADS) as pool:
        for cells, blocks in pool.map(refined, _portions(cell)):
            made = blocks.behind(places, heads)
            coarse[cells] = made.values
            parts.append(made.cells)
            lists.append(made.lists)
            places, heads = places + len(made.cells), heads + len(made.lists)
    return Growing.of(parts), Growing.of(lists)


def owners_by_tree(tree: STRtree, lon: Array, lat: Array) -> Cells:
    """Slots by position in a tree of polygons, for points off the borders."""
    point, polygon = tree.query(shapely.points(lon, lat), predicate="intersects")
    result = np.full(len(lon), NOBODY, dtype=np.int32)
    result[point] = polygon + 1
    return result


def centres(frame: Frame, cell: Ints) -> tuple[Array, Array]:
    """Degrees of the centres of first-level cells."""
    u, v = (cell % frame.columns).astype(np.float64), (cell // frame.columns).astype(np.float64)
    return frame.degrees((u + 0.5) * FINE, (v + 0.5) * FINE)


def _portions(cell: Ints) -> list[slice]:
    """Cut ordered cells into runs of about `_PAIRS_AT_ONCE`, never within one cell."""
    cuts = np.arange(_PAIRS_AT_ONCE, len(cell), _PAIRS_AT_ONCE)
    bounds = np.unique(np.concatenate(([0], np.searchsorted(cell, cell[cuts]), [len(cell)])))
    return [slice(a, b) for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]
