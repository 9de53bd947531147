"""All units and exclusive grids of a city, kept as arrays until one is asked for."""

from collections.abc import ItemsView, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.row_lookup import RowLookup
from gridgeo.locate.model import ExclusiveRef, UnitRef

NO_PARENT = -1


class UnitTable(Mapping[int, UnitRef]):
    """Units by id; immutable, safe to share between threads.

    Parameters
    ----------
    arrays : mapping of str to array
        `ids` and `parents` (int32, -1 for none), `levels` (uint8, a place in `levels`), `codes` and
        `names` (UTF-8), all of the same length.
    levels : sequence of str
        Names of the levels.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]], levels: Sequence[str]) -> None:
        self._arrays = arrays
        self._levels = list(levels)
        self._rows = RowLookup(arrays["ids"])
        self._made: dict[int, UnitRef] = {}

    @classmethod
    def of(cls, units: Mapping[int, UnitRef]) -> "UnitTable":
        """Return a table of units by id: the root first, then in the order of the ids."""
        refs = sorted(units.values(), key=lambda ref: (ref.parent_id is not None, ref.unit_id))
        levels = sorted({ref.level for ref in refs})
        parents = [NO_PARENT if ref.parent_id is None else ref.parent_id for ref in refs]
        arrays: dict[str, NDArray[Any]] = {
            "ids": np.array([ref.unit_id for ref in refs], dtype=np.int32),
            "parents": np.array(parents, dtype=np.int32),
            "levels": np.array([levels.index(ref.level) for ref in refs], dtype=np.uint8),
            "codes": np.array([ref.code.encode() for ref in refs], dtype=np.bytes_),
            "names": np.array([ref.name.encode() for ref in refs], dtype=np.bytes_),
        }
        return cls(arrays, levels)

    def __getitem__(self, unit_id: int) -> UnitRef:
        """Return a unit; `KeyError` for an unknown id."""
        ref = self._made.get(unit_id)
        if ref is None:
            ref = self._made[unit_id] = self._ref(unit_id, self._rows[unit_id])
        return ref

    def __iter__(self) -> Iterator[int]:
        """Return the ids in the order of the table."""
        return iter(self._arrays["ids"].tolist())

    def items(self) -> ItemsView[int, UnitRef]:
        """Return all units with their ids, without looking up each."""
        ids = self._arrays["ids"].tolist()
        return {i: self._made.get(i) or self._ref(i, row) for row, i in enumerate(ids)}.items()

    def __len__(self) -> int:
        """Return how many units there are."""
        return len(self._arrays["ids"])

    @property
    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """What the constructor takes first."""
        return self._arrays

    @property
    def levels(self) -> list[str]:
        """What the constructor takes second."""
        return self._levels

    def _ref(self, unit_id: int, row: int) -> UnitRef:
        columns = self._arrays
        parent = int(columns["parents"][row])
        return UnitRef(
            unit_id,
            columns["codes"][row].decode(),
            self._levels[columns["levels"][row]],
            columns["names"][row].decode(),
            None if parent == NO_PARENT else parent,
        )


class ExclusiveTable(Sequence[ExclusiveRef]):
    """Exclusive grids by their place; immutable, safe to share between threads.

    Parameters
    ----------
    arrays : mapping of str to array
        `ids` (int32), `codes` and `names` (UTF-8), all of the same length.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.arrays = arrays

    @classmethod
    def of(cls, grids: Sequence[ExclusiveRef]) -> "ExclusiveTable":
        """Return a table of grids in this order."""
        return cls(
            {
                "ids": np.array([grid.exclusive_id for grid in grids], dtype=np.int32),
                "codes": np.array([grid.code.encode() for grid in grids], dtype=np.bytes_),
                "names": np.array([grid.name.encode() for grid in grids], dtype=np.bytes_),
            }
        )

    @overload
    def __getitem__(self, place: int) -> ExclusiveRef: ...
    @overload
    def __getitem__(self, place: slice) -> "ExclusiveTable": ...
    def __getitem__(self, place: int | slice) -> "ExclusiveRef | ExclusiveTable":
        """Return the grid of a place, or a table of some."""
        if isinstance(place, slice):
            return ExclusiveTable({name: column[place] for name, column in self.arrays.items()})
        ids, codes, names = (self.arrays[name] for name in ("ids", "codes", "names"))
        return ExclusiveRef(int(ids[place]), codes[place].decode(), names[place].decode())

    def __len__(self) -> int:
        """Return how many grids there are."""
        return len(self.arrays["ids"])
