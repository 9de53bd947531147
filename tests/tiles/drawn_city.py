"""A city of wiggly blocks in memory, edited by hand, and its drawings."""

from dataclasses import dataclass, replace

import numpy as np
from shapely.geometry import Polygon

from gridgeo.geometry.lattice import to_degrees, to_lattice
from gridgeo.geometry.union import union_on_lattice
from gridgeo.tiles.drawn.drawings import Change, Drawings
from gridgeo.tiles.drawn.scheme import LabelRule, Scheme, Shown
from gridgeo.tiles.drawn.tree import Tree
from gridgeo.tiles.drawn.values import Values

ROWS, COLUMNS, BLOCK, STEPS, CELL = 16, 20, 4, 5, 12_000
CITY, TOWNSHIP, LEAF = 0, 1, 2
SHOWN = [Shown(TOWNSHIP, z) for z in (8, 9, 10, 11, 12, 13, 14)]
SHOWN += [Shown(LEAF, z) for z in (11, 12, 13, 14)] + [Shown(CITY, 8)]
SHOWN += [Shown(LEAF, z, True) for z in (9, 10)]
LABELS = LabelRule(
    (1 << 8, 0b111111100000000, 0b111100000000000), (1 << 8, 0b111111100000000, 0b111100000000000),
    8, 14,
)  # fmt: skip


@dataclass(frozen=True)
class Town:
    """Leaves by id, the township of each, and the names of all units."""

    leaves: dict[int, Polygon]
    township: dict[int, int]
    names: dict[int, str]

    def tree(self):
        rows = [(1, None, CITY, False)]
        rows += [(t, 1, TOWNSHIP, False) for t in sorted(set(self.township.values()))]
        return Tree.of([*rows, *((i, self.township[i], LEAF, True) for i in self.leaves)])

    def said(self):
        ids = self.tree().ids.tolist()
        parent = dict(zip(ids, self.tree().parents.tolist(), strict=True))
        return {
            i: (f"c{i}", "level", self.names.get(i, f"名{i}"),
                None if parent[i] < 0 else f"c{parent[i]}", i in self.leaves, i % 7, True)
            for i in ids
        }  # fmt: skip

    def shape(self, unit):
        if unit in self.leaves:
            return self.leaves[unit]
        return union_on_lattice(
            [s for i, s in self.leaves.items() if unit in (1, self.township[i])]
        )

    def read(self, ids):
        return [self.shape(unit) for unit in ids.tolist()]

    def drawn(self, shown=SHOWN):
        values = Values.of(self.said())
        return Drawings.build(
            self.tree(), values, Scheme(tuple(sorted(shown)), LABELS), self.read, lambda zoom: None
        )

    def change_to(self, later):
        """The change as a store would tell it: more said than what is new, nothing missed."""
        both = set(self.tree().ids.tolist()) | set(later.tree().ids.tolist())
        mine, other = self.said(), later.said()
        reshaped = [
            i for i in both
            if (i in mine) != (i in other) or not self.shape(i).equals_exact(later.shape(i))
        ]  # fmt: skip
        said = {i: row for i, row in other.items() if mine.get(i) != row or i % 5 == 0}
        return Change(later.tree(), said, np.array(sorted(reshaped), dtype=np.int32))

    def followed(self, drawings, later):
        return drawings.followed(self.change_to(later), later.read)

    def renamed(self, unit, name):
        return replace(self, names={**self.names, unit: name})

    def moved(self, corner, by):
        """Move a corner in lattice units, for all leaves that have it."""

        def shift(shape):
            xy = to_lattice(np.array(shape.exterior.coords)).astype(np.int64)
            xy[(xy == corner).all(axis=1)] += by
            return Polygon(to_degrees(xy))

        return replace(self, leaves={i: shift(s) for i, s in self.leaves.items()})

    def merged(self, heir, other):
        leaves = {i: s for i, s in self.leaves.items() if i != other}
        leaves[heir] = union_on_lattice([self.leaves[heir], self.leaves[other]])
        return replace(self, leaves=leaves)

    def split(self, unit, new):
        """Cut a leaf from its first corner to that half the way around."""
        ring = self.leaves[unit].exterior.coords[:-1]
        half = len(ring) // 2
        leaves = {**self.leaves, unit: Polygon(ring[: half + 1])}
        leaves[new] = Polygon([*ring[half:], ring[0]])
        return replace(self, leaves=leaves, township={**self.township, new: self.township[unit]})

    def handed(self, unit, township):
        return replace(self, township={**self.township, unit: township})


def leaf_id(row, column):
    return 100 + row * COLUMNS + column


def town(seed=1):
    """Make a town of 320 leaves in 20 townships, with 5 steps to a side."""
    chance = np.random.default_rng(seed)
    corners = np.mgrid[0 : ROWS + 1, 0 : COLUMNS + 1][::-1].transpose(1, 2, 0) * CELL
    corners = corners + np.array([1_136_000_000, 347_000_000])
    corners += chance.integers(-CELL // 8, CELL // 8, corners.shape)

    def side(a, b):
        way = a + (b - a) * np.arange(STEPS + 1)[:, None] // STEPS
        way[1:-1] += chance.integers(-CELL // 30, CELL // 30, (STEPS - 1, 2))
        return way

    east = [
        [side(corners[r, c], corners[r, c + 1]) for c in range(COLUMNS)] for r in range(ROWS + 1)
    ]
    north = [
        [side(corners[r, c], corners[r + 1, c]) for c in range(COLUMNS + 1)] for r in range(ROWS)
    ]
    leaves, township = {}, {}
    for r in range(ROWS):
        for c in range(COLUMNS):
            ring = np.concatenate((
                east[r][c][:-1], north[r][c + 1][:-1], east[r + 1][c][:0:-1], north[r][c][:0:-1]
            ))  # fmt: skip
            leaves[leaf_id(r, c)] = Polygon(to_degrees(ring))
            township[leaf_id(r, c)] = 2 + r // BLOCK * (COLUMNS // BLOCK) + c // BLOCK
    return Town(leaves, township, {})
