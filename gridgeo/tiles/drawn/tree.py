"""Who is above whom, as columns: which units a cover has, and to which of them a unit belongs."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NOBODY = -1

Rows = NDArray[np.int32]
Mask = NDArray[np.bool_]


def union(one: Rows, other: Rows) -> Rows:
    """Ids in either, ascending, each once."""
    return distinct(np.concatenate((one, other)))


def distinct(ids: Rows) -> Rows:
    """Ids, ascending, each once; by sorting, as the hashing of `np.unique` takes much longer."""
    ids = np.sort(ids)
    return np.asarray(ids[np.append(True, ids[1:] != ids[:-1])[: len(ids)]], dtype=np.int32)


def without(ids: Rows, gone: Rows) -> Rows:
    """Ids that are not among others, in their order."""
    return np.asarray(ids[np.isin(ids, gone, invert=True)], dtype=np.int32)


class Tree(NamedTuple):
    """The units of a version.

    Attributes
    ----------
    ids : int32 (n,)
        Ids, ascending.
    parents : int32 (n,)
        Id of each unit's parent, `NOBODY` for the city.
    depths : int32 (n,)
        Depth of each unit's level, 0 for the city.
    leaves : bool (n,)
        Whether nothing lies below.
    """

    ids: Rows
    parents: Rows
    depths: Rows
    leaves: Mask

    @classmethod
    def of(cls, rows: list[tuple[int, int | None, int, bool]]) -> "Tree":
        """Return a tree of rows: id, parent's id, depth, whether it is a leaf."""
        ordered = sorted(rows)
        columns = list(zip(*ordered, strict=True)) or [(), (), (), ()]
        parents = [NOBODY if parent is None else parent for parent in columns[1]]
        return cls(
            np.array(columns[0], dtype=np.int32),
            np.array(parents, dtype=np.int32),
            np.array(columns[2], dtype=np.int32),
            np.array(columns[3], dtype=np.bool_),
        )

    def replaced(self, gone: Rows, rows: list[tuple[int, int | None, int, bool]]) -> "Tree":
        """Return the tree without some ids, and with these rows, old ids or new."""
        if not len(gone) and not rows:
            return self
        more = Tree.of(rows)
        stays = ~np.isin(self.ids, np.concatenate((gone, more.ids)))
        joined = [np.concatenate((a[stays], b)) for a, b in zip(self, more, strict=True)]
        order = np.argsort(joined[0])
        return Tree(*(column[order] for column in joined))

    def equals(self, other: "Tree") -> bool:
        """Say whether another tree has the same units."""
        return all(np.array_equal(a, b) for a, b in zip(self, other, strict=True))

    def cover(self, depth: int) -> Rows:
        """Ids of the units at a depth and of the leaves above it, ascending."""
        mine = (self.depths == depth) | (self.leaves & (self.depths < depth))
        return np.asarray(self.ids[mine], dtype=np.int32)

    def owners(self, ids: Rows, depth: int) -> Rows:
        """Id of the unit of the cover at a depth that each of these ids belongs to, or `NOBODY`."""
        rows = np.searchsorted(self.ids, ids)
        while True:
            deeper = np.flatnonzero(self.depths[rows] > depth)
            if not len(deeper):
                break
            rows[deeper] = np.searchsorted(self.ids, self.parents[rows[deeper]])
        there = (self.depths[rows] == depth) | self.leaves[rows]
        return np.where(there, self.ids[rows], NOBODY).astype(np.int32)
