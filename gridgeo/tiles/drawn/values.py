"""Attributes of units as a vector tile holds them: each value once, ready as bytes."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

KEYS = ("code", "level", "name", "parent_code", "leaf", "households", "synthetic")
"""What a feature of a cover says of its unit, in this order."""

TOKEN = "token"
"""Said, as true, of a unit too small for its zoom: one tile unit stands for it."""

TOKEN_FIELD = {TOKEN: "true when the unit is too small for the zoom and a mark stands for it"}
"""The field of it, as TileJSON tells."""

RANKS = 148
"""Labels have ranks below this."""

LABEL_KEYS = ("code", "level", "name", "leaf", "rank")
"""What the label of a unit says; all but the rank are said of the unit anyway."""

LABEL_COLUMNS = tuple(KEYS.index(key) for key in LABEL_KEYS[:-1])

SHARED = -1
"""In `Values.firsts`: others may say the value too."""

Value = str | int | bool | None


class Values(NamedTuple):
    """The attributes of all units.

    Attributes
    ----------
    ids : int32 (s,)
        Unit of each row, in no order.
    tags : int32 (s, 8)
        Number of the value of each key, -1 for none; the last key is `TOKEN`. Value 0 is true,
        value 1 + n is the number n, for the ranks of labels.
    firsts : int8 (s, 8)
        For a value that no other row says, the first key at which this one says it: in a tile it
        need not be looked for. `SHARED` for any other, or none.
    blob : uint8
        All values, as a tile's layer holds them, one after the other.
    ends : int64 (v + 1,)
        Where values begin in `blob`.
    marks : int64 (v,)
        A hash of each value, by which it is found again.
    """

    ids: NDArray[np.int32]
    tags: NDArray[np.int32]
    firsts: NDArray[np.int8]
    blob: NDArray[np.uint8]
    ends: NDArray[np.int64]
    marks: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Mapping[int, Sequence[Value]]) -> "Values":
        """Return the attributes of units by id, each in the order of `KEYS`."""
        always = (True, *range(RANKS))
        numbers = {encoded(value): number for number, value in enumerate(always)}
        yes = numbers[encoded(True)]
        tags = np.full((len(rows), len(KEYS) + 1), yes, dtype=np.int32)
        for row, values in enumerate(rows.values()):
            tags[row, :-1] = [
                -1 if v is None else numbers.setdefault(encoded(v), len(numbers)) for v in values
            ]
        ids = np.fromiter(rows, dtype=np.int32, count=len(rows))
        return cls(ids, tags, _firsts(tags, len(numbers)), *_joined(numbers))

    def extended(self, rows: Mapping[int, Sequence[Value]]) -> "Values":
        """Return the attributes with rows added at the end; earlier rows of those units stay."""
        if not rows:
            return self
        more = Values.of(rows)
        known = self._numbers(more)
        fresh = np.flatnonzero(known < 0)
        known[fresh] = self.distinct + np.arange(len(fresh))
        longer = self.appended([more.value(number) for number in fresh.tolist()])
        tags = np.where(more.tags < 0, -1, known[more.tags]).astype(np.int32)
        return longer._replace(
            ids=np.concatenate((self.ids, more.ids)),
            tags=np.concatenate((self.tags, tags)),
            firsts=np.concatenate((self._unless_said(tags), np.full_like(more.firsts, SHARED))),
        )

    def _unless_said(self, tags: NDArray[np.int32]) -> NDArray[np.int8]:
        """Return `firsts` where further rows have these tags."""
        said = np.zeros(self.distinct + 1, dtype=np.bool_)  # the last is that of no value
        said[tags[(tags >= 0) & (tags < self.distinct)]] = True
        return np.where(said[self.tags], np.int8(SHARED), self.firsts)

    def appended(self, values: Iterable[bytes]) -> "Values":
        """Return the attributes with further values, as bytes, that no row has yet."""
        blob, ends, marks = _joined(values)
        return self._replace(
            blob=np.concatenate((self.blob, blob)),
            ends=np.concatenate((self.ends, ends[1:] + self.ends[-1])),
            marks=np.concatenate((self.marks, marks)),
        )

    def _numbers(self, other: "Values") -> NDArray[np.int64]:
        """Numbers here of another's values, -1 for those that are not here."""
        order = np.argsort(self.marks)
        first = np.searchsorted(self.marks[order], other.marks)
        last = np.searchsorted(self.marks[order], other.marks, side="right")
        numbers = np.full(other.distinct, -1, dtype=np.int64)
        for theirs in range(other.distinct):
            for mine in order[first[theirs] : last[theirs]].tolist():
                if self.value(mine) == other.value(theirs):
                    numbers[theirs] = mine
        return numbers

    def value(self, number: int) -> bytes:
        """Return a value as bytes."""
        return self.blob[self.ends[number] : self.ends[number + 1]].tobytes()

    def rows_of(self, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        """Row of each unit's attributes, the latest of several; -1 for an unknown unit."""
        order = np.arange(len(self.ids))
        if (np.diff(self.ids) < 0).any():
            order = np.argsort(self.ids, kind="stable")
        place = np.searchsorted(self.ids[order], ids, side="right") - 1
        rows = order[place] if len(order) else place
        known = (place >= 0) & (self.ids[rows] == ids) if len(order) else place >= 0
        return np.where(known, rows, -1).astype(np.int32)

    @property
    def distinct(self) -> int:
        """Return the number of values."""
        return len(self.ends) - 1

    def said(self, row: int) -> tuple[bytes, ...]:
        """Return what a row says, as bytes, to compare."""
        found = self.tags[row, :-1].tolist()
        return tuple(b"" if v < 0 else self.value(v) for v in found)


def _firsts(tags: NDArray[np.int32], distinct: int) -> NDArray[np.int8]:
    """Return the first key at which a row says a value that no other says, `SHARED` for others."""
    rows, keys = np.nonzero(tags >= 0)
    said = tags[rows, keys]
    lowest, highest = np.full(distinct, len(tags)), np.full(distinct, -1)
    np.minimum.at(lowest, said, rows)
    np.maximum.at(highest, said, rows)
    own = (tags >= 0) & (lowest == highest)[tags]
    first = np.argmax(tags[:, :, None] == tags[:, None, :], axis=1)
    return np.where(own, first, SHARED).astype(np.int8)


def keys_of(names: Iterable[str]) -> bytes:
    """Return the keys of a layer as bytes."""
    return b"".join(b"\x1a" + bytes([len(name)]) + name.encode() for name in names)


Keys = tuple[bytes, bytes]
"""The keys of a layer without `TOKEN`, and with it as the last."""


def keys_with_token(names: Sequence[str]) -> Keys:
    """Return the keys of a layer of polygons as bytes."""
    return keys_of(names), keys_of((*names, TOKEN))


UNIT_KEYS = keys_with_token(KEYS)
KEYS_OF_LABELS = keys_of(LABEL_KEYS)


def number_of_rank(ranks: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the numbers of values that are ranks of labels."""
    return ranks + 1


def encoded(value: str | int | bool) -> bytes:
    """Return a value as field 4 of a layer."""
    if isinstance(value, bool):
        inner = bytes([0x38, value])
    elif isinstance(value, int):
        inner = b"\x28" + varint(value)
    else:
        text = value.encode()
        inner = b"\x0a" + varint(len(text)) + text
    return b"\x22" + varint(len(inner)) + inner


def varint(number: int) -> bytes:
    """Return a number from 0 as Protocol Buffers write it."""
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    made.append(number)
    return bytes(made)


def _joined(
    values: Iterable[bytes],
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Return values one after the other, where they begin, and their marks."""
    parts = list(values)
    sizes = np.fromiter(map(len, parts), dtype=np.int64, count=len(parts))
    marks = b"".join(blake2b(part, digest_size=8).digest() for part in parts)
    blob = np.frombuffer(b"".join(parts), dtype=np.uint8).copy()
    return blob, np.append(0, np.cumsum(sizes)), np.frombuffer(marks, dtype=np.int64).copy()
