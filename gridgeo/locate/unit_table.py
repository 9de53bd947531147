"""All units of a city by id, kept as arrays and made into `UnitRef` only when one is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridgeo.locate.model import UnitRef

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
        self._rows = dict(zip(arrays["ids"].tolist(), range(len(arrays["ids"])), strict=True))
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
        return iter(self._rows)

    def __len__(self) -> int:
        """Return how many units there are."""
        return len(self._rows)

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
