"""One level at one zoom, as it is served: a sheet, and what has changed since it was drawn."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.generalise.frame import EXTENT
from gridgeo.tiles.drawn.sheet import BUFFER, Places, Rows, Sheet

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]


class Pane(NamedTuple):
    """A sheet and its changes; immutable.

    Attributes
    ----------
    base : Sheet
        The units as drawn in the beginning.
    places : Places
        Where they lie.
    gone : bool (n,)
        Which of them hold no longer.
    over : Sheet
        Those that hold instead.
    """

    base: Sheet
    places: Places
    gone: Mask
    over: Sheet

    @classmethod
    def of(cls, sheet: Sheet, places: Places | None = None) -> "Pane":
        """Return the pane of a sheet as drawn; `places` where they are known already."""
        nothing = sheet.at(np.empty(0, dtype=np.int64))
        places = places or Places.of(sheet.boxes)
        return cls(sheet, places, np.zeros(len(sheet.ids), dtype=np.bool_), nothing)

    def order_at(self, x: int, y: int) -> Ints:
        """Units that a tile may show, by id: rows of `base`, complements of rows of `over`."""
        rows = self.places.at(x, y).astype(np.int64)
        if self.places.frame[4]:
            rows = rows[_meets(self.base.boxes[rows], x, y)]
        if not len(self.over.ids) and not self.gone.any():
            return rows
        rows = rows[~self.gone[rows]]
        later = np.flatnonzero(_meets(self.over.boxes, x, y))
        ids = np.concatenate((self.base.ids[rows], self.over.ids[later]))
        return np.concatenate((rows, ~later))[np.argsort(ids)]

    def at(self, x: int, y: int) -> tuple[Sheet, Ints]:
        """Return units and those of their rows, by id, that a tile may show."""
        order = self.order_at(x, y)
        if not len(order) or order.min() >= 0:
            return self.base, order
        shown = self.base.at(order[order >= 0]).joined(self.over.at(~order[order < 0]))
        return shown, np.arange(len(order))

    def take(self, ids: Rows) -> Sheet:
        """Return those of the units with these ids that are here, as they hold now."""
        rows = self.base.rows_of(ids)
        rows = rows[~self.gone[rows]]
        return self.base.at(rows).joined(self.over.at(self.over.rows_of(ids)))

    @property
    def ids(self) -> Rows:
        """Ids of all units that hold now, ascending."""
        return np.sort(np.concatenate((self.base.ids[~self.gone], self.over.ids)))

    def replaced(self, gone: Rows, new: Sheet) -> "Pane":
        """Return the pane without the units `gone`, and with others, old ids or new."""
        out = np.concatenate((gone, new.ids))
        kept = np.flatnonzero(~np.isin(self.over.ids, out))
        mask = self.gone | np.isin(self.base.ids, out)
        return Pane(self.base, self.places, mask, self.over.at(kept).joined(new))

    def flattened(self) -> "Pane":
        """Return the pane with all changes worked in."""
        if not self.gone.any() and not len(self.over.ids):
            return self
        return Pane.of(self.base.at(np.flatnonzero(~self.gone)).joined(self.over))


def _meets(boxes: Rows, x: int, y: int) -> Mask:
    """Which boxes come into a tile or its buffer."""
    west, north, east, south = boxes.T
    left, top = x * EXTENT - BUFFER, y * EXTENT - BUFFER
    wide = EXTENT + 2 * BUFFER
    return np.asarray(
        (west < left + wide) & (east > left) & (north < top + wide) & (south > top), dtype=np.bool_
    )
