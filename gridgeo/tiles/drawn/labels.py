"""One label for each unit: where it stands, at which zooms it shows, and which comes first.

Labels lie in the order of a curve through nested squares (Morton 1966), so those of any tile of any
zoom lie together, and one list serves all zooms.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.generalise.frame import EXTENT_BITS, FINE_BITS, MAX_ZOOM, unit_bits
from gridgeo.geometry.generalise.poles import Poles, poles_of
from gridgeo.tiles.drawn.scheme import LabelRule, fine_bits_of_pixel
from gridgeo.tiles.drawn.tree import Tree, union, without
from gridgeo.tiles.drawn.values import RANKS, Values
from gridgeo.units.model import Shape

_STEPS = 4  # ranks to a halving of the width
_WIDTHS = np.array([2.0 ** (k / _STEPS) for k in range(1, RANKS)])

_READ_AT_ONCE = 20_000

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]


class Labels(NamedTuple):
    """The labels of a version.

    Attributes
    ----------
    places : int64 (n,)
        Place of each label on the curve, ascending.
    ids, subjects : int32 (n,)
        Units, and the rows of their attributes.
    xy : int64 (n, 2)
        Where the labels stand, in fine units.
    widths : int64 (n,)
        Width of the largest circle in the unit, in fine units.
    zooms : int32 (n,)
        Zooms at which each shows, zoom z as bit z.
    ranks : int32 (n,)
        Which comes first where there is no room for all: the lower, of the larger unit.
    """

    places: Ints
    ids: Rows
    subjects: Rows
    xy: Ints
    widths: Ints
    zooms: Rows
    ranks: Rows

    @classmethod
    def none(cls) -> "Labels":
        """Return no labels."""
        few, many = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)
        return cls(many, few, few, many.reshape(0, 2), many, few, few)

    @classmethod
    def of(cls, ids: Rows, poles: Poles, tree: Tree, values: Values, rule: LabelRule) -> "Labels":
        """Return the labels of units, given with their poles."""
        made = cls(
            _places(poles.xy), ids, values.rows_of(ids), poles.xy, poles.widths,
            _zooms(ids, poles.widths, tree, rule), _ranks(poles.widths),
        )  # fmt: skip
        return made.at(np.argsort(made.places, kind="stable"))

    @classmethod
    def build(
        cls,
        tree: Tree,
        values: Values,
        rule: LabelRule | None,
        read: Callable[[Rows], Sequence[Shape]],
    ) -> "Labels":
        """Return the labels of all units that are drawn at a zoom of labels."""
        if rule is None:
            return cls.none()
        ids = _shown(tree, rule)
        parts = [
            poles_of(read(ids[k : k + _READ_AT_ONCE])) for k in range(0, len(ids), _READ_AT_ONCE)
        ]
        poles = Poles(*(np.concatenate(c) for c in zip(poles_of([]), *parts, strict=True)))
        return cls.of(ids, poles, tree, values, rule)

    def at(self, rows: Ints) -> "Labels":
        """Return some of the labels, in the order of the rows."""
        return Labels._make(column[rows] for column in self)

    def of_units(self, ids: Rows) -> "Labels":
        """Return the labels of those of these units that have one."""
        return self.at(np.flatnonzero(np.isin(self.ids, ids)))

    def replaced(self, gone: Rows, new: "Labels") -> "Labels":
        """Return the labels without those of the units `gone`, and with others."""
        out = np.concatenate((gone, new.ids))
        if not len(out):
            return self
        kept = self.at(np.flatnonzero(~np.isin(self.ids, out)))
        both = Labels._make(
            np.concatenate((getattr(kept, name), getattr(new, name))) for name in self._fields
        )
        return both.at(np.argsort(both.places, kind="stable"))

    def rows_at(self, z: int, x: int, y: int) -> Ints:
        """Rows of the labels in a tile, by the ids of their units."""
        shift = 2 * (MAX_ZOOM + EXTENT_BITS - z)
        first = _place(x, y) << shift
        low, high = np.searchsorted(self.places, (first, first + (1 << shift)))
        rows = low + np.flatnonzero(self.zooms[low:high] >> z & 1)
        return np.asarray(rows[np.argsort(self.ids[rows])], dtype=np.int64)

    def tiles_at(self, z: int) -> Ints:
        """Tile of each label, x << 32 | y."""
        tiles = self.xy >> (FINE_BITS - z)
        return np.asarray(tiles[:, 0] << 32 | tiles[:, 1], dtype=np.int64)


class Relabelled(NamedTuple):
    """Labels that a change may have changed, before and after it, and the attributes after."""

    old: Labels
    new: Labels


def follow(
    before: Labels, tree: Tree, values: Values, rule: LabelRule | None, reshaped: Rows, said: Rows,
    read: Callable[[Rows], Sequence[Shape]],
) -> tuple[Labels, Relabelled]:  # fmt: skip
    """Return the labels of a later version, and which may be others.

    Parameters
    ----------
    before
        The labels of the earlier version.
    tree, values, rule
        Units and attributes of the later one, and the rule of both.
    reshaped, said
        Ids of units that have another shape, and of those that may say something else.
    read
        Returns shapes of the later version.
    """
    if rule is None:
        return before, Relabelled(before, before)
    shown = _shown(tree, rule)
    gone = without(before.ids, shown)
    touched = union(reshaped, said)
    touched = touched[np.isin(touched, shown)]
    moves = np.isin(touched, reshaped) | ~np.isin(touched, before.ids)
    anew, stays = touched[moves], before.of_units(touched[~moves])
    made = Labels.of(anew, poles_of(read(anew)), tree, values, rule)
    said_anew = Labels.of(stays.ids, Poles(stays.xy, stays.widths), tree, values, rule)
    new = said_anew.replaced(said_anew.ids[:0], made)
    old = before.of_units(np.concatenate((gone, new.ids)))
    return before.replaced(gone, new), Relabelled(old, new)


def _shown(tree: Tree, rule: LabelRule) -> Rows:
    """Ids of the units that are drawn at a zoom of labels, ascending."""
    return np.asarray(tree.ids[_drawn(tree, rule) != 0], dtype=np.int32)


def _drawn(tree: Tree, rule: LabelRule) -> Rows:
    """Zooms at which each unit of a tree is drawn and may have a label, as bits."""
    most = len(rule.zooms) - 1
    inner = np.append(np.array(rule.zooms, dtype=np.int32), np.int32(0))
    leaves = np.append(np.array(rule.leaf_zooms, dtype=np.int32), np.int32(0))
    depths = np.minimum(tree.depths, most + 1)
    return np.where(tree.leaves, leaves[depths], inner[depths])


def _zooms(ids: Rows, widths: Ints, tree: Tree, rule: LabelRule) -> Rows:
    """Zooms at which units are drawn and have room, and the last in any case."""
    fits = np.full(len(ids), 1 << rule.last, dtype=np.int32)
    for zoom in range(rule.last):
        has_room = widths >= rule.room_px << fine_bits_of_pixel(zoom)
        fits |= np.where(has_room, np.int32(1 << zoom), np.int32(0))
    return _drawn(tree, rule)[np.searchsorted(tree.ids, ids)] & fits


def _ranks(widths: Ints) -> Rows:
    """Ranks by width: four steps for each halving, 0 for the whole world."""
    return (RANKS - 1 - np.searchsorted(_WIDTHS, widths, side="right")).astype(np.int32)


def _places(xy: Ints) -> Ints:
    """Places on the curve, of fine units rounded to tile units of the deepest zoom."""
    units = xy >> unit_bits(MAX_ZOOM)
    return _spread(units[:, 0]) | _spread(units[:, 1]) << 1


def _place(x: int, y: int) -> int:
    spread = _spread(np.array([x, y], dtype=np.int64)).tolist()
    return int(spread[0] | spread[1] << 1)


def _spread(numbers: Ints) -> Ints:
    """Numbers below 2**31 with a zero between any two of their bits."""
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333), (1, 0x5555555555555555),
    ):  # fmt: skip
        numbers = (numbers | numbers << shift) & mask
    return numbers
