"""The small city of real size and all its levels, edited by hand, and its drawings."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from gridgeo import app as application
from gridgeo.geometry.lattice import to_degrees, to_lattice
from gridgeo.geometry.union import union_on_lattice
from gridgeo.settings import ROOT
from gridgeo.tiles.drawn.drawings import Change, Drawings
from gridgeo.tiles.drawn.scheme import Scheme, scheme_of
from gridgeo.tiles.drawn.tree import Tree
from gridgeo.tiles.drawn.values import Values

LEVELS = ("city", "district", "township", "community", "grid", "micro_grid")


def scheme(last=18):
    """What the cartographer's file draws, up to a zoom."""
    layers = application.catalogue(ROOT / "tiles").drawn
    every = scheme_of(layers, {name: LEVELS.index(name) for name in layers if name in LEVELS})
    return Scheme(tuple(one for one in every.shown if one.zoom <= last), every.labels)


@dataclass(frozen=True)
class RealCity:
    """Units by id: parent, depth; shapes of the leaves, and of others while they hold."""

    parents: dict[int, int | None]
    depths: dict[int, int]
    shapes: dict[int, Polygon]
    names: dict[int, str]

    @classmethod
    def of(cls, made):
        ids = {unit.code: number for number, unit in enumerate(made.units, 1)}
        return cls(
            {ids[u.code]: ids.get(u.parent_code) for u in made.units},
            {ids[u.code]: LEVELS.index(u.level) for u in made.units},
            {ids[u.code]: u.shape for u in made.units},
            {ids[u.code]: u.name for u in made.units},
        )

    @cached_property
    def leaves(self):
        return sorted(self.parents.keys() - set(self.parents.values()))

    @cached_property
    def tree(self):
        leaves = set(self.leaves)
        return Tree.of([(i, p, self.depths[i], i in leaves) for i, p in self.parents.items()])

    def said(self):
        leaves = set(self.leaves)
        return {
            i: (f"c{i}", LEVELS[self.depths[i]], self.names[i],
                None if p is None else f"c{p}", i in leaves, i % 90, True)
            for i, p in self.parents.items()
        }  # fmt: skip

    def shape(self, unit):
        if unit not in self.shapes:
            below = [i for i, parent in self.parents.items() if parent == unit]
            self.shapes[unit] = union_on_lattice([self.shape(i) for i in below])
        return self.shapes[unit]

    def read(self, ids):
        return [self.shape(unit) for unit in ids.tolist()]

    def drawn(self, wanted):
        return Drawings.build(
            self.tree, Values.of(self.said()), wanted, self.read, lambda zoom: None
        )

    def followed(self, drawings, later):
        mine, other = self.said(), later.said()
        said = {i: row for i, row in other.items() if mine.get(i) != row}
        reshaped = [
            i for i in self.parents.keys() | later.parents.keys()
            if (i in mine) != (i in other) or self.shape(i) is not later.shape(i)
        ]  # fmt: skip
        change = Change(later.tree, said, np.array(sorted(reshaped), dtype=np.int32))
        return drawings.followed(change, later.read)

    def reshaped(self, leaves, **others):
        """With other shapes of some leaves; what lies above is put together again."""
        above, rows = set(), list(leaves)
        while rows:
            parent = self.parents.get(rows.pop())
            if parent is not None and parent not in above:
                above.add(parent)
                rows.append(parent)
        kept = {i: shape for i, shape in self.shapes.items() if i not in above}
        return replace(self, shapes={**kept, **leaves}, **others)

    def renamed(self, unit, name):
        return replace(self, names={**self.names, unit: name})

    def split(self, chance):
        """Cut a leaf from a corner to that half the way around, into itself and a new unit."""
        new = max(self.parents) + 1
        for leaf in chance.permutation(self.leaves).tolist():
            ring = self.shapes[leaf].exterior.coords[:-1]
            half = len(ring) // 2
            if self.shapes[leaf].covers(LineString((ring[0], ring[half]))):
                halves = {leaf: Polygon(ring[: half + 1]), new: Polygon([*ring[half:], ring[0]])}
                if all(shape.is_valid for shape in halves.values()):
                    return self._with_sister(leaf, new, halves)
        raise AssertionError("no leaf can be split")

    def _with_sister(self, leaf, new, halves):
        return replace(
            self,
            parents={**self.parents, new: self.parents[leaf]},
            depths={**self.depths, new: self.depths[leaf]},
            shapes={**self.shapes, **halves},
            names={**self.names, new: "新格"},
        )

    def moved(self, chance):
        """Move a corner that two leaves share a tenth of the way into one of them."""
        owners = Counter(xy for i in self.leaves for xy in set(self.shapes[i].exterior.coords[:-1]))
        for leaf in chance.permutation(self.leaves).tolist():
            shape = self.shapes[leaf]
            into = np.array(shape.representative_point().coords[0])
            for at in shape.exterior.coords[:-1]:
                to = to_degrees(to_lattice(np.array(at) * 0.9 + into * 0.1))
                both = [i for i in self.leaves if owners[at] == 2 and _has(self.shapes[i], at)]
                after = {i: _with(self.shapes[i], at, to) for i in both}
                if len(after) == 2 and all(shape.is_valid for shape in after.values()):
                    return self.reshaped(after)
        raise AssertionError("no corner can be moved")


def _has(shape, at):
    return at in shape.exterior.coords


def _with(shape, at, to):
    return shapely.transform(shape, lambda xy: np.where((xy == at).all(1)[:, None], to, xy))
