"""From edges to cells: which cells an edge meets, and what stands in a cell.

The value of a cell is the slot of the polygon that holds all of it, or negative. In the first level
`~value` is a block of the second level: its place in units of 4 cells, then 3 bits for k, the block
being 2**k cells wide. In the second level `~value` is twice the number of the one edge that crosses
the cell from side to side, or twice the place of a list of edges (its length first) plus one.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.raster_index.fill import EMPTY, Ask, empty_runs, fill
from gridgeo.geometry.raster_index.frame import FINE, FINE_BITS, Frame
from gridgeo.geometry.raster_index.spans import Spans, cells_of, spans

PLACE_BITS = 3
UNIT = 4  # cells; places of blocks are counted in it
MIN_K, MAX_K = 1, FINE_BITS

Ints = NDArray[np.int64]
Cells = NDArray[np.int32]
Array = NDArray[np.float64]
Owners = Callable[[Array, Array], Cells]
"""Slots of the polygons that hold points in degrees, none of them near a border."""


class Blocks(NamedTuple):
    """Blocks of the second level, as if they stood first.

    Values of their cells, which of them are lists, the lists, and the first-level value of each.
    """

    cells: Cells
    listed: Ints
    lists: Cells
    values: Cells

    def behind(self, cells: int, entries: int) -> "Blocks":
        """Return the same blocks behind so many cells and so many list entries."""
        self.cells[self.listed] -= 2 * entries
        return self._replace(values=self.values - (cells // UNIT << PLACE_BITS))


class _Layout(NamedTuple):
    """Blocks side by side: first-level column and row, k, and the place of their first cell."""

    column: Ints
    row: Ints
    k: Ints
    base: Ints

    def parts(self) -> list[tuple[int, slice]]:
        """Each k and the cells of its blocks."""
        ks, first, number = np.unique(self.k, return_index=True, return_counts=True)
        starts = self.base[first].tolist()
        each = zip(ks.tolist(), starts, number.tolist(), strict=True)
        return [(k, slice(start, start + (n << 2 * k))) for k, start, n in each]


def first_level(frame: Frame, degrees: Array) -> tuple[Ints, Ints]:
    """Cells of the first level that edges (n, 4) meet, ordered: the flat cell, the edge."""
    met = spans(_fine(frame, degrees) / FINE, frame.rows)
    span, row, column = cells_of(met, frame.columns)
    cell = row * frame.columns + column
    order = np.argsort(cell, kind="stable")
    return cell[order], met.segment[span[order]]


def second_level(
    frame: Frame,
    cell: Ints,
    edge: Ints,
    degrees: Array,
    sides: Cells,
    density: float,
    owners: Owners,
) -> tuple[Ints, Blocks]:
    """Refine first-level cells, given as ordered pairs (cell, row of the edge).

    Parameters
    ----------
    degrees, sides
        Ends (n, 4) and slots to the west and east (n, 2) of the edges of each pair.
    density
        Cells of the second level for each edge of a block.

    Returns
    -------
    The cells refined, in some order, and their blocks, as if both stores were empty.
    """
    cells, number = np.unique(cell, return_counts=True)
    k = np.ceil(np.log2(density * number) / 2).astype(np.int64).clip(MIN_K, MAX_K)
    order = np.argsort(k, kind="stable")
    size = 1 << (2 * k[order])
    layout = _Layout(
        cells[order] % frame.columns,
        cells[order] // frame.columns,
        k[order],
        np.cumsum(size) - size,
    )
    place = np.empty(len(cells), dtype=np.int64)
    place[order] = np.arange(len(cells))
    block = np.repeat(place, number)
    width = (1 << layout.k)[block]
    met = spans(_local(frame, layout, block, degrees), width)
    values, listed, lists = _values(met, layout, block, width, edge, int(size.sum()))
    empty = [(k, part, empty_runs(values[part], k)) for k, part in layout.parts()]
    _seed(values, met, layout, block, width, degrees, sides)
    for k, part, found in empty:
        fill(values[part], k, found, _asking(frame, layout, part.start, k, owners))
    return cells[order], Blocks(values, listed, lists, block_values(layout.base, layout.k))


def block_values(base: Ints, k: Ints) -> Cells:
    """First-level values of blocks that begin at `base`."""
    return (~((base // UNIT << PLACE_BITS) | k)).astype(np.int32)


def _fine(frame: Frame, degrees: Array) -> Array:
    u1, v1 = frame.fine(degrees[:, 0], degrees[:, 1])
    u2, v2 = frame.fine(degrees[:, 2], degrees[:, 3])
    return np.column_stack((u1, v1, u2, v2))


def _local(frame: Frame, layout: _Layout, block: Ints, degrees: Array) -> Array:
    """Edges in cells of their block, from its south-west corner."""
    fine = _fine(frame, degrees)
    fine[:, 0::2] -= (layout.column[block] * FINE)[:, None]
    fine[:, 1::2] -= (layout.row[block] * FINE)[:, None]
    fine *= np.ldexp(1.0, layout.k - FINE_BITS)[block][:, None]
    return fine


def _values(
    met: Spans, layout: _Layout, block: Ints, width: Ints, edge: Ints, total: int
) -> tuple[Cells, Ints, Cells]:
    """Values of all cells, those that no edge meets being `EMPTY`; which are lists; the lists."""
    span, row, column = cells_of(met, width[met.segment])
    pair = met.segment[span]
    cell = layout.base[block[pair]] + row * width[pair] + column
    number = np.bincount(cell, minlength=total)
    values = np.full(total, EMPTY, dtype=np.int32)
    values[cell] = ~(edge[pair] << 1)
    crowded = np.flatnonzero(number.take(cell) > 1)
    both = np.sort(cell[crowded] << 32 | edge[pair[crowded]])
    listed = np.flatnonzero(number > 1)
    length = number[listed]
    head = np.cumsum(length + 1) - length - 1
    lists = np.empty(int((length + 1).sum()), dtype=np.int32)
    lists[head] = length
    lists[np.arange(len(both)) + np.repeat(np.arange(1, len(listed) + 1), length)] = (
        both & 0xFFFFFFFF
    )
    values[listed] = ~((head << 1) | 1)
    return values, listed, lists


def _seed(
    values: Cells,
    met: Spans,
    layout: _Layout,
    block: Ints,
    width: Ints,
    degrees: Array,
    sides: Cells,
) -> None:
    """Name the empty cells beside a cell that one edge alone crosses.

    Edge and empty cell do not meet, and both cells hold nothing else: the empty cell lies on the
    side of the edge that looks at it.
    """
    west, east = sides[:, 0], sides[:, 1]
    base = layout.base[block]
    for column, step, side in ((met.first, -1, west), (met.last, 1, east)):
        beside = column + step
        wide = width[met.segment]
        inside = np.flatnonzero((column >= 0) & (beside >= 0) & (column < wide) & (beside < wide))
        pair = met.segment[inside]
        cell = base[pair] + met.row[inside] * wide[inside] + column[inside]
        value = values[cell]
        alone = np.flatnonzero((value < 0) & (value & 1 == 1))
        cell = cell[alone] + step
        empty = np.flatnonzero(values[cell] == EMPTY)
        values[cell[empty]] = side[pair[alone[empty]]]


def _asking(frame: Frame, layout: _Layout, start: int, k: int, owners: Owners) -> Ask:
    """How to ask for cells of the blocks 2**k wide, which begin at `start`."""
    these = np.searchsorted(layout.base, start)
    step = FINE / (1 << k)

    def ask(block: Ints, row: Ints, column: Ints) -> Cells:
        u = layout.column[these + block] * FINE + (column + 0.5) * step
        v = layout.row[these + block] * FINE + (row + 0.5) * step
        return owners(*frame.degrees(u, v))

    return ask
