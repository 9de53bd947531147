"""Many things of one kind as columns: quick to make, to pass on and to load; rows on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar, overload

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry.lattice import to_degrees

Row = TypeVar("Row")
Kind = Literal["point", "line", "polygon"]
Column = NDArray[Any]


class Table(Sequence[Row], Generic[Row]):
    """A sequence of frozen rows that is kept as one numpy array for each of their fields.

    Parameters
    ----------
    row : callable
        Makes a row from its fields by name.
    **columns
        Arrays (n,); geometries as an object array.
    """

    def __init__(self, row: Callable[..., Row], **columns: Column) -> None:
        self._row = row
        self._columns = columns
        for column in columns.values():
            column.setflags(write=False)

    def column(self, name: str) -> Column:
        """Array (n,) of one field, read only."""
        return self._columns[name]

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Table[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | Table[Row]:
        parts = {name: column[at] for name, column in self._columns.items()}
        if isinstance(at, slice):
            return Table(self._row, **parts)
        return self._row(**{name: _plain(value) for name, value in parts.items()})

    def __iter__(self) -> Iterator[Row]:
        names = list(self._columns)
        for values in zip(*(column.tolist() for column in self._columns.values()), strict=True):
            yield self._row(**dict(zip(names, values, strict=True)))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


@dataclass(frozen=True, slots=True)
class Drawn:
    """Geometries of one kind on the lattice: all vertices (n, 2), and where each one ends (k,).

    Rings of polygons are open.
    """

    kind: Kind
    xy: NDArray[np.int32]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, kind: Kind, parts: Iterable[NDArray[np.int64]]) -> Drawn:
        """Put lattice arrays (n, 2) together, one for each geometry."""
        kept = list(parts)
        xy = np.concatenate([*kept, np.zeros((0, 2), dtype=np.int64)]).astype(np.int32)
        return cls(kind, xy, np.cumsum([len(part) for part in kept], dtype=np.int64))

    @classmethod
    def points(cls, xy: NDArray[np.int64]) -> Drawn:
        """Points from lattice coordinates (n, 2)."""
        return cls("point", xy.astype(np.int32), np.arange(1, len(xy) + 1))

    @classmethod
    def joined(cls, pieces: Sequence[Drawn]) -> Drawn:
        """Pieces of one kind, one after the other; at least one."""
        before = np.cumsum([0] + [len(piece.xy) for piece in pieces])
        ends = [piece.ends + start for piece, start in zip(pieces, before[:-1], strict=True)]
        xy = np.concatenate([piece.xy for piece in pieces])
        return cls(pieces[0].kind, xy, np.concatenate(ends))

    def __len__(self) -> int:
        return len(self.ends)

    def part(self, position: int) -> NDArray[np.int64]:
        """Lattice vertices (n, 2) of one geometry."""
        start = int(self.ends[position - 1]) if position > 0 else 0
        return self.xy[start : self.ends[position]].astype(np.int64)

    def geometries(self) -> NDArray[np.object_]:
        """Object array of shapely geometries in degrees."""
        degrees = to_degrees(self.xy)
        if self.kind == "point":
            return np.asarray(shapely.points(degrees), dtype=np.object_)
        owner = np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=0))
        if self.kind == "line":
            return np.asarray(shapely.linestrings(degrees, indices=owner), dtype=np.object_)
        rings = shapely.linearrings(degrees, indices=owner)
        return np.asarray(shapely.polygons(rings), dtype=np.object_)
