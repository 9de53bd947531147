"""The units of one level drawn for one zoom, and which of them a tile may show."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.generalise.coverage import Drawn, rings_at
from gridgeo.geometry.generalise.frame import EXTENT_BITS
from gridgeo.geometry.generalise.rings import Rings

BUFFER = 64
"""Tile units around a tile in which what it shows goes on."""

_MOST_PLACES = 16
"""How many entries of the index a unit may have on average."""

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]
Mask = NDArray[np.bool_]


class Sheet(NamedTuple):
    """Units of one level, drawn in the tile units of one zoom.

    Attributes
    ----------
    ids : int32 (n,)
        Ids of the units, ascending.
    subjects : int32 (n,)
        Row of each unit's attributes.
    token : bool (n,)
        Whether a unit is too small for the zoom.
    boxes : int32 (n, 4)
        West, north, east, south.
    xy : int32 (m, 2), ends : int64 (r + 1,), units : int64 (n + 1,)
        Their rings, see `Rings`.
    """

    ids: Rows
    subjects: Rows
    token: Mask
    boxes: Rows
    xy: Rows
    ends: Ints
    units: Ints

    @classmethod
    def of(cls, ids: Rows, subjects: Rows, drawn: Drawn) -> "Sheet":
        """Return a sheet of drawn units, given with their ids ascending."""
        rings = drawn.rings
        return cls(ids, subjects, drawn.token, _boxes(rings), rings.xy, rings.ends, rings.units)

    @property
    def rings(self) -> Rings:
        """The rings; their areas are not kept."""
        return Rings(self.xy, self.ends, self.units, np.zeros(len(self.ends) - 1, dtype=np.int64))

    def at(self, rows: Ints) -> "Sheet":
        """Return some of the units, in the order of the rows."""
        rings = rings_at(self.rings, rows)
        return Sheet(
            self.ids[rows], self.subjects[rows], self.token[rows], self.boxes[rows],
            rings.xy, rings.ends, rings.units,
        )  # fmt: skip

    def joined(self, other: "Sheet") -> "Sheet":
        """Return the units of both, none of which is in both."""
        both = Sheet(
            np.concatenate((self.ids, other.ids)),
            np.concatenate((self.subjects, other.subjects)),
            np.concatenate((self.token, other.token)),
            np.concatenate((self.boxes, other.boxes)),
            np.concatenate((self.xy, other.xy)),
            np.concatenate((self.ends, other.ends[1:] + self.ends[-1])),
            np.concatenate((self.units, other.units[1:] + self.units[-1])),
        )
        return both.at(np.argsort(both.ids))

    def rows_of(self, ids: NDArray[np.integer[Any]]) -> Ints:
        """Rows of those of these ids that are here."""
        if not len(self.ids):
            return np.empty(0, dtype=np.int64)
        rows = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.asarray(rows[self.ids[rows] == ids], dtype=np.int64)


def _boxes(rings: Rings) -> Rows:
    first = rings.ends[rings.units[:-1]]
    if not len(first):
        return np.empty((0, 4), dtype=np.int32)
    low = np.minimum.reduceat(rings.xy, first, axis=0)
    return np.hstack((low, np.maximum.reduceat(rings.xy, first, axis=0)))


class Places(NamedTuple):
    """Which units may show in which tile: by tile, or by square of several tiles.

    Attributes
    ----------
    frame : int64 (5,)
        Column and row of the north-west square, number of columns and of rows, bits of a square's
        width in tiles.
    first : int64 (columns * rows + 1,)
        Where the units of each square begin in `rows`.
    rows : int32
        Rows of a sheet, ascending in each square.
    """

    frame: Ints
    first: Ints
    rows: Rows

    @classmethod
    def of(cls, boxes: Rows) -> "Places":
        """Return where the boxes of a sheet, (n, 4), lie; widened by the buffer."""
        wide = boxes.astype(np.int64) + np.array([-BUFFER, -BUFFER, BUFFER, BUFFER])
        bits = 0
        while _entries(wide, bits) > _MOST_PLACES * len(boxes) + 64:
            bits += 1
        west, north, east, south = (wide >> (EXTENT_BITS + bits)).T
        if not len(boxes):
            return cls(np.zeros(5, dtype=np.int64), np.zeros(1, dtype=np.int64), boxes[:, 0])
        corner, far = (int(west.min()), int(north.min())), (int(east.max()), int(south.max()))
        columns, rows = far[0] - corner[0] + 1, far[1] - corner[1] + 1
        across = east - west + 1
        counts = across * (south - north + 1)
        row = np.repeat(np.arange(len(boxes)), counts)
        step = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        down, aside = np.divmod(step, across[row])
        square = (north[row] + down - corner[1]) * columns + west[row] + aside - corner[0]
        order = np.argsort(square, kind="stable")
        first = np.searchsorted(square[order], np.arange(columns * rows + 1))
        frame = np.array([*corner, columns, rows, bits], dtype=np.int64)
        return cls(frame, first, row[order].astype(np.int32))

    def at(self, x: int, y: int) -> Rows:
        """Rows of the units that may show in a tile, ascending."""
        left, top, columns, rows, bits = self.frame.tolist()
        column, row = (x >> bits) - left, (y >> bits) - top
        if not (0 <= column < columns and 0 <= row < rows):
            return self.rows[:0]
        square = row * columns + column
        return self.rows[self.first[square] : self.first[square + 1]]


def _entries(boxes: Ints, bits: int) -> int:
    """Entries and squares that an index needs."""
    if not len(boxes):
        return 0
    west, north, east, south = (boxes >> (EXTENT_BITS + bits)).T
    squares = (int(east.max() - west.min()) + 1) * (int(south.max() - north.min()) + 1)
    return int(((east - west + 1) * (south - north + 1)).sum()) + squares // 4
