"""Giving every cell that no edge meets the one polygon it lies in.

Empty cells side by side in a row are a run and share one answer. What is known at an end of a run,
or to the north or south of one, holds for all of it; where nothing is known yet, one cell is asked.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.raster_index.spans import runs

EMPTY = np.iinfo(np.int32).min

Cells = NDArray[np.int32]
Ints = NDArray[np.int64]
Ask = Callable[[Ints, Ints, Ints], Cells]
"""Slots at the centres of cells, given the block, the row and the column of each."""


class EmptyRuns(NamedTuple):
    """First and last cell of each run."""

    first: Ints
    last: Ints

    def where(self, mask: NDArray[np.bool_]) -> "EmptyRuns":
        """Return the runs chosen by a mask."""
        return EmptyRuns(self.first[mask], self.last[mask])


def empty_runs(cells: Cells, k: int) -> EmptyRuns:
    """Find runs of empty cells in blocks, each 2**k cells wide, that stand one after another."""
    empty = (cells == EMPTY).reshape(-1, 1 << k)
    first, last = empty.copy(), empty.copy()
    first[:, 1:] &= ~empty[:, :-1]
    last[:, :-1] &= ~empty[:, 1:]
    return EmptyRuns(np.flatnonzero(first), np.flatnonzero(last))


def fill(cells: Cells, k: int, empty: EmptyRuns, ask: Ask) -> None:
    """Fill runs of blocks in place; of some the first or the last cell is already filled."""
    todo = _spread(cells, k, _take(cells, empty, ((empty.first, True), (empty.last, True))))
    while len(todo.first):
        block, which = np.unique(todo.first >> 2 * k, return_index=True)
        asked = todo.first[which]
        cells[asked] = ask(block, asked >> k & (1 << k) - 1, asked & (1 << k) - 1)
        todo = _spread(cells, k, _take(cells, todo, ((todo.first, True),)))


def _spread(cells: Cells, k: int, todo: EmptyRuns) -> EmptyRuns:
    """Take from the north and the south until nothing changes; the runs still unknown."""
    size, before = 1 << k, -1
    while len(todo.first) != before:
        before = len(todo.first)
        row = todo.first >> k & size - 1
        south, north = row > 0, row < size - 1
        beside = [
            (end + inside * step, inside)
            for end in todo
            for inside, step in ((south, -size), (north, size))
        ]
        todo = _take(cells, todo, beside)
    return todo


def _take(
    cells: Cells, todo: EmptyRuns, sources: Sequence[tuple[Ints, NDArray[np.bool_] | bool]]
) -> EmptyRuns:
    """Fill each run with what one of its sources knows; the runs for which none does."""
    found = np.full(len(todo.first), EMPTY, dtype=np.int32)
    for cell, usable in sources:
        np.maximum(found, np.where(usable, cells[cell], EMPTY), out=found)
    known = found >= 0
    first, last = todo.where(known)
    run, step = runs(last - first + 1)
    cells[first[run] + step] = found[known][run]
    return todo.where(~known)


def fill_runs(cells: Cells, ask: Callable[[NDArray[np.int64]], Cells]) -> None:
    """Fill the runs of empty cells of a flat array in place, asking for the first of each."""
    empty = cells == EMPTY
    starts = empty.copy()
    starts[1:] &= ~empty[:-1]
    first = np.flatnonzero(starts)
    found = ask(first)
    cells[empty] = found[np.cumsum(starts)[empty] - 1]
