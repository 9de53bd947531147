"""Points by square cells, for compiled loops that look for those in a box."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

CELLS_PER_POINT = 2


class Cells(NamedTuple):
    """Points by cell, row by row from the north-west corner.

    Attributes
    ----------
    frame : int64 (5,)
        x and y of the corner, bits of a cell's width, columns, rows.
    first : int64 (columns * rows + 1,)
        Where the points of each cell begin in `points`.
    points : int32 (n,)
        Rows of the points.
    """

    frame: Ints
    first: Ints
    points: NDArray[np.int32]


def cells_of(xy: Ints) -> Cells:
    """Sort points (n, 2) into cells, few in each, however they lie."""
    if not len(xy):
        return Cells(np.zeros(5, dtype=np.int64), np.zeros(1, dtype=np.int64), _rows(xy[:, 0]))
    corner, far = xy.min(axis=0), xy.max(axis=0)
    bits, most = 0, CELLS_PER_POINT * len(xy) + 16
    while np.prod(((far - corner) >> bits).astype(np.float64) + 1.0) > most:
        bits += 1
    columns, rows = ((far - corner) >> bits) + 1
    place = (xy - corner) >> bits
    cell = place[:, 1] * columns + place[:, 0]
    order = np.argsort(cell, kind="stable")
    first = np.searchsorted(cell[order], np.arange(columns * rows + 1))
    frame = np.array([*corner, bits, columns, rows], dtype=np.int64)
    return Cells(frame, first.astype(np.int64), _rows(order))


def _rows(order: Ints) -> NDArray[np.int32]:
    return np.ascontiguousarray(order, dtype=np.int32)
