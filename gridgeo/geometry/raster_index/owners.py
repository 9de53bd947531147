"""Who the polygons of an index are: their ids, and which of them goes first on a shared border."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.errors import InvalidShape

NOWHERE = -1

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Owners:
    """By slot: the id, the rank in the order of codes, the code (UTF-8; none in an index without).

    Slot 0 is nobody, with id -1 and the last rank. Slots of polygons that went keep their place.
    """

    ids: NDArray[np.int32]
    rank: Ints
    codes: NDArray[np.bytes_]
    number: int

    @classmethod
    def of(cls, ids: NDArray[np.int32], codes: Sequence[str] | None) -> "Owners":
        """Owners in slots 1, 2 and so on; without codes the position decides."""
        names = np.array([b""] if codes is None else [b"", *(code.encode() for code in codes)])
        rank = np.empty(len(ids) + 1, dtype=np.int64)
        order = np.arange(len(ids)) if codes is None else np.argsort(names[1:], kind="stable")
        rank[1:][order] = np.arange(len(ids))
        rank[0] = np.iinfo(np.int64).max
        return cls(np.concatenate((np.array([NOWHERE], np.int32), ids)), rank, names, len(ids))

    def _ordered(self) -> Ints:
        """Slots in the order of their ranks, without nobody."""
        order = np.empty(len(self.ids) - 1, dtype=np.int64)
        order[self.rank[1:]] = np.arange(1, len(self.ids))
        return order

    def slots(self, codes: Sequence[str]) -> Ints:
        """Last slot with each code.

        Raises
        ------
        InvalidShape
            When the index was built without codes, or knows no such code.
        """
        if len(self.codes) != len(self.ids):
            raise InvalidShape("an index without codes cannot be patched", key="codes")
        asked = np.array([code.encode() for code in codes], dtype=np.bytes_)
        order = self._ordered()
        found = np.searchsorted(self.codes[order], asked, side="right") - 1
        slots = order[np.maximum(found, 0)]
        for code, name, slot in zip(codes, asked, slots, strict=True):
            if self.codes[slot] != name:
                raise InvalidShape(f"no polygon has code {code}", key="code", value=code)
        return slots

    def replaced(self, going: Ints, ids: NDArray[np.int32], codes: Sequence[str]) -> "Owners":
        """Return the owners without those in slots `going`, and with others in new slots behind."""
        new = np.array([code.encode() for code in codes], dtype=np.bytes_)
        order = np.argsort(new, kind="stable")
        place = np.searchsorted(self.codes[self._ordered()], new[order], side="right")
        rank = np.empty(len(self.ids) + len(new), dtype=np.int64)
        rank[: len(self.ids)] = self.rank
        rank[1 : len(self.ids)] += np.searchsorted(place, self.rank[1:], side="right")
        rank[len(self.ids) :][order] = place + np.arange(len(new))
        number = self.number - len(going) + len(ids)
        return Owners(
            np.concatenate((self.ids, ids)), rank, np.concatenate((self.codes, new)), number
        )
