"""Ways to break a sound tree of units, each at a known place."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.lattice import to_degrees, to_lattice

Shape = Polygon | MultiPolygon


@dataclass
class Tree:
    """Units by position; a parent of -1 is that of the root."""

    shapes: list[Shape]
    codes: list[str]
    parents: list[int]
    is_leaf: list[bool]

    @property
    def leaves(self) -> np.ndarray:
        return np.flatnonzero(self.is_leaf)

    def add(self, shape: Shape, code: str, parent: int) -> None:
        """Add a leaf."""
        self.shapes.append(shape)
        self.codes.append(code)
        self.parents.append(parent)
        self.is_leaf.append(True)

    def drop(self, position: int) -> None:
        """Remove a leaf."""
        for column in (self.shapes, self.codes, self.parents, self.is_leaf):
            del column[position]
        self.parents = [p - (p > position) for p in self.parents]


def _ring(tree: Tree, leaf: int) -> np.ndarray:
    return to_lattice(tree.shapes[leaf].exterior.coords)[:-1].astype(np.int64)


def _put(tree: Tree, leaf: int, ring: np.ndarray) -> None:
    tree.shapes[leaf] = Polygon(to_degrees(ring))


def _normal(ring: np.ndarray, i: int) -> np.ndarray:
    """Unit vector to the left of the way past corner i, which is inwards."""
    x, y = ring[(i + 1) % len(ring)] - ring[i - 1]
    return np.array([-y, x]) / np.hypot(x, y)


def _pushed(tree: Tree, leaf: int, chance: np.random.Generator, depth: float) -> Shape:
    """Move one corner inwards (or outwards) in one leaf only; what changed is the place."""
    ring = _ring(tree, leaf)
    i = int(chance.integers(len(ring)))
    corner = np.rint(ring[i] + depth * _normal(ring, i)).astype(np.int64)
    place = Polygon(to_degrees(np.array([ring[i - 1], ring[i], ring[(i + 1) % len(ring)], corner])))
    ring[i] = corner
    _put(tree, leaf, ring)
    return shapely.make_valid(place)


def gap(tree: Tree, leaf: int, chance: np.random.Generator) -> Shape:
    """A corner of a leaf is drawn in by about ten metres."""
    return _pushed(tree, leaf, chance, 1000.0)


def overlap(tree: Tree, leaf: int, chance: np.random.Generator) -> Shape:
    """A corner of a leaf is drawn out by about ten metres."""
    return _pushed(tree, leaf, chance, -1000.0)


def shifted_vertex(tree: Tree, leaf: int, chance: np.random.Generator) -> Shape:
    """A corner of a leaf moves by a few lattice units, some centimetres."""
    return _pushed(tree, leaf, chance, 9.0)


def spike(tree: Tree, leaf: int, chance: np.random.Generator) -> Shape:
    """A needle of some fifty metres stands on the border of a leaf."""
    ring = _ring(tree, leaf)
    i = int(chance.integers(len(ring)))
    tip = np.rint(ring[i] - 5000.0 * _normal(ring, i)).astype(np.int64)
    needle = np.array([ring[i], tip, ring[i] + (ring[i] - ring[i - 1]) // 9])
    _put(tree, leaf, np.insert(ring, i + 1, needle[1:], axis=0))
    return Polygon(to_degrees(np.array([ring[i - 1], *needle, ring[(i + 1) % len(ring)]])))


def bow_tie(tree: Tree, leaf: int, chance: np.random.Generator) -> Shape:
    """Two corners that follow one another change places."""
    ring = _ring(tree, leaf)
    i = int(chance.integers(len(ring)))
    rows = [(i + k) % len(ring) for k in range(-1, 3)]
    place = MultiPolygon() if len(ring) < 4 else Polygon(to_degrees(ring[rows])).convex_hull
    ring[[rows[1], rows[2]]] = ring[[rows[2], rows[1]]]
    _put(tree, leaf, ring)
    return place


def missing_leaf(tree: Tree, leaf: int, chance: np.random.Generator) -> Shape:
    """A leaf is not there."""
    place = tree.shapes[leaf]
    tree.drop(leaf)
    return place


def doubled_leaf(tree: Tree, leaf: int, chance: np.random.Generator) -> Shape:
    """A leaf is there twice, under another code."""
    tree.add(tree.shapes[leaf], f"~{len(tree.codes)}", tree.parents[leaf])
    return tree.shapes[leaf]


def stray_child(tree: Tree, leaf: int, chance: np.random.Generator) -> Shape:
    """A leaf names a parent that does not hold it."""
    own = tree.parents[leaf]
    others = [i for i, leafy in enumerate(tree.is_leaf) if not leafy and i != own]
    tree.parents[leaf] = int(chance.choice(others))
    return tree.shapes[leaf]


DEFECTS: dict[str, Callable[[Tree, int, np.random.Generator], Shape]] = {
    "gap": gap,
    "overlap": overlap,
    "shifted_vertex": shifted_vertex,
    "spike": spike,
    "bow_tie": bow_tie,
    "missing_leaf": missing_leaf,
    "doubled_leaf": doubled_leaf,
    "stray_child": stray_child,
}


def break_apart(
    tree: Tree, kinds: list[str], chance: np.random.Generator, apart: float = 0.0
) -> list[Shape]:
    """Make defects at leaves of one part, by chance, `apart` degrees; returns each one's ground."""
    codes: list[str] = []
    chosen: list[Shape] = []
    for i in chance.permutation(tree.leaves):
        if len(codes) == len(kinds):
            break
        leaf = tree.shapes[i]
        near = apart > 0 and bool(shapely.dwithin(chosen, leaf, apart).any())
        if isinstance(leaf, Polygon) and not near:
            codes.append(tree.codes[i])
            chosen.append(leaf)
    return [
        DEFECTS[kind](tree, tree.codes.index(code), chance)
        for kind, code in zip(kinds, codes, strict=True)
    ]
