"""The laws of the whole tree in one pass: the leaves a coverage, each unit exactly its children.

The segments of the leaves are matched once. A segment is a border of a unit when the unit is above
the leaf on its left and not above the one on its right, so the matched segments of the leaves tell
the border that every unit above should have; it is compared with the border that is stored. What
differs marks the families that `check_nesting` then looks at; all others are without problem, for
where each unit is the union of the leaves below it, it is the union of its children.

Where the leaves are a coverage of a valid outline, GEOS need not be asked about the units above:
the edges of the leaves form a plane subdivision, in which no two cross. So a unit is valid when its
edges are among them and it is one ring that meets no corner twice. All else is asked of GEOS.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry.borders import Borders, has_one_ring, read_borders
from gridgeo.geometry.coverage import check_nesting, invalid_units
from gridgeo.geometry.defects import REFERENCE, Expectation, describe_loose
from gridgeo.geometry.problem import Problem
from gridgeo.geometry.segments import (
    Matched,
    Segments,
    Shape,
    joined,
    matched,
    meets_a_corner_twice,
    shape_array,
    unbalanced,
)

NOBODY = -1

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]


def check_levels(
    shapes: Sequence[Shape],
    codes: Sequence[str],
    parents: Sequence[int],
    is_leaf: Sequence[bool],
) -> list[Problem]:
    """Every defect of a tree of units: of the leaves as a coverage, and of each family.

    Parameters
    ----------
    shapes
        Of all units of all levels, in degrees.
    codes
        One for each unit; problems name them.
    parents
        Position of each unit's parent, -1 for the one root, whose shape the leaves should cover.
    is_leaf
        Whether a unit is a leaf; every other unit should be the union of its children.

    Returns
    -------
    What makes the root itself invalid, the problems of the leaves as of `check_coverage`, then
    those of each family in the order of the parents, as of `check_nesting`.

    Raises
    ------
    InvalidShape
        When something is no polygon, or is empty.
    """
    units, names = shape_array(shapes), list(codes)
    tree = Tree.of(parents, is_leaf)
    borders = read_borders(units)
    table = _leaf_table(borders.segments, tree)
    pairs = matched(table)
    loose = unbalanced(table.where(pairs.rest))
    strangers = _strangers(borders.segments, tree, table, pairs)
    crossed = _crossed(units, borders, tree, strangers, not len(loose.owner))
    bad = strangers.copy()
    bad[crossed] = bad[borders.off_owner] = True
    own = np.isin(np.arange(len(names)), tree.root)
    return [
        *invalid_units(units, names, borders, crossed, own),
        *invalid_units(units, names, borders, crossed, tree.is_leaf),
        *_leaf_problems(units, names, tree, loose),
        *_family_problems(units, names, tree, bad),
    ]


class Tree(NamedTuple):
    """Positions of the parents (`NOBODY` for the root), which units are leaves, steps to the root.

    The depth is `NOBODY` for a unit from which no way leads up to the root.
    """

    parent: Positions
    is_leaf: Mask
    depth: Positions

    @classmethod
    def of(cls, parents: Sequence[int], is_leaf: Sequence[bool]) -> "Tree":
        """Measure the depths."""
        parent = np.asarray(parents, dtype=np.int64)
        depth = np.where(parent == NOBODY, 0, NOBODY)
        fresh = depth == 0
        while fresh.any():
            fresh = (depth == NOBODY) & fresh[parent]
            depth[fresh] = depth[parent[fresh]] + 1
        return cls(parent, np.asarray(is_leaf, dtype=np.bool_), depth)

    @property
    def root(self) -> int:
        """Position of the root."""
        return int(np.argmin(self.parent))

    def forebears(self) -> Iterator[Positions]:
        """For each depth from the deepest up, the position of every unit's forebear at that depth.

        A unit that is no deeper stands for itself; the row at `REFERENCE`, the last one, is
        `REFERENCE`.
        """
        here = np.append(np.arange(len(self.parent)), REFERENCE)
        for depth in range(int(self.depth.max()) - 1, -1, -1):
            climbs = (here != REFERENCE) & (self.depth[here] > depth)
            here = np.where(climbs, self.parent[here], here)
            yield here


def _leaf_table(segments: Segments, tree: Tree) -> Segments:
    """Segments of the leaves, and those of the root walked the other way as `REFERENCE`."""
    outline = segments.where(segments.owner == tree.root).reversed()
    reference = outline._replace(owner=np.full(len(outline.owner), REFERENCE, dtype=np.int64))
    return joined(segments.where(tree.is_leaf[segments.owner]), reference)


def _strangers(segments: Segments, tree: Tree, table: Segments, pairs: Matched) -> Mask:
    """Which units above the leaves have another border than all leaves below them together."""
    upper = ~tree.is_leaf
    stored = segments.where(upper[segments.owner]).reversed()
    expected = joined(stored, *_upper_borders(tree, table, pairs))
    differing = unbalanced(expected.where(matched(expected, True).rest), True)
    result = np.zeros(len(upper), dtype=np.bool_)
    result[differing.owner] = True
    return result


def _upper_borders(tree: Tree, table: Segments, pairs: Matched) -> Iterator[Segments]:
    """Segments of the leaves that should border the units above them, owned by these."""
    upper = np.append(~tree.is_leaf, False)
    facing = table.at(pairs.first)
    across = table.owner[pairs.second]
    alone = table.where(pairs.rest)
    for forebear in tree.forebears():
        left, right = forebear.take(facing.owner), forebear[across]
        differ = np.flatnonzero(left != right)
        facing, across = facing.at(differ), across.take(differ)
        for side in (
            facing._replace(owner=left.take(differ)),
            facing.reversed()._replace(owner=right.take(differ)),
            alone._replace(owner=forebear[alone.owner]),
        ):
            yield side.where(upper[side.owner])


def _crossed(
    units: NDArray[np.object_], borders: Borders, tree: Tree, strangers: Mask, matching: bool
) -> Positions:
    """Positions of the units that GEOS calls invalid; it is asked about no more than is needed."""
    first = ~borders.simple & tree.is_leaf
    first[tree.root] = True
    crossed = _called_invalid(units, first)
    later = ~borders.simple & ~first
    if matching and not len(crossed) and not tree.is_leaf[borders.off_owner].any():
        doubtful = strangers | ~has_one_ring(units)
        doubtful[borders.off_owner] = True
        sound = later & ~doubtful
        later &= doubtful
        later[meets_a_corner_twice(borders.segments.where(sound[borders.segments.owner]))] = True
    return np.sort(np.concatenate((crossed, _called_invalid(units, later))))


def _called_invalid(units: NDArray[np.object_], asked: Mask) -> Positions:
    rows = np.flatnonzero(asked)
    return rows[~shapely.is_valid(units[rows])]


def _leaf_problems(
    units: NDArray[np.object_], codes: list[str], tree: Tree, loose: Segments
) -> list[Problem]:
    leaves = np.flatnonzero(tree.is_leaf)
    rank = np.append(np.cumsum(tree.is_leaf) - 1, REFERENCE)
    return describe_loose(
        units[leaves],
        [codes[i] for i in leaves],
        Expectation(units[[tree.root]], "outside_parent"),
        loose._replace(owner=rank[loose.owner]),
    )


def _family_problems(
    units: NDArray[np.object_], codes: list[str], tree: Tree, bad: Mask
) -> Iterator[Problem]:
    """Problems of the families of which the parent or a child is bad."""
    concerned = bad & ~tree.is_leaf
    with_parent = bad & (tree.parent != NOBODY)
    concerned[tree.parent[with_parent]] = True
    for position in np.flatnonzero(concerned & ~tree.is_leaf):
        own = np.flatnonzero(tree.parent == position)
        yield from check_nesting(
            units[position], codes[position], list(units[own]), [codes[i] for i in own]
        )
