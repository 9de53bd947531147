"""The live map drawn for every zoom, and drawn again where a version changes it.

At a zoom the finest level shown there is generalised, and every other level is dissolved from it:
levels drawn together share their borders. A level drawn alone is generalised by itself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.generalise.coverage import Coverage, Drawn, dissolved, edges_of_rings
from gridgeo.geometry.generalise.neighbourhood import Boxes, boxes_of, meeting
from gridgeo.tiles.drawn.labels import Labels, Relabelled, follow
from gridgeo.tiles.drawn.pane import Pane
from gridgeo.tiles.drawn.parts import Panes, Parts, Prepare
from gridgeo.tiles.drawn.scheme import Scheme, Shown, stacks_of, tolerance_of
from gridgeo.tiles.drawn.sheet import Rows, Sheet
from gridgeo.tiles.drawn.tree import NOBODY, Tree, distinct, union, without
from gridgeo.tiles.drawn.values import Value, Values
from gridgeo.units.model import Shape

Read = Callable[[Rows], Sequence[Shape]]
"""Returns the shapes of units by id, in their order."""

Report = Callable[[int], None]


class Family(NamedTuple):
    """The units of the finest level of some zooms, ids ascending, and their boxes in fine units."""

    ids: Rows
    boxes: Boxes


class Altered(NamedTuple):
    """Units of a pane before and after a change: those that went, came, or look or read otherwise.

    A unit in both with the same subject has changed its shape alone.
    """

    old: Sheet
    new: Sheet


@dataclass(frozen=True)
class Change:
    """What leads from the units of one version to those of a later one.

    `tree` are all units of the later version; `said` the attributes of those that may have others;
    `reshaped` the ids of units that have another shape, among those of both versions.
    """

    tree: Tree
    said: Mapping[int, Sequence[Value]]
    reshaped: Rows


class Alterations(NamedTuple):
    """What a change alters: in the panes that it touches, and among the labels."""

    panes: dict[Shown, Altered]
    labels: Relabelled


@dataclass(frozen=True)
class Drawings:
    """All levels of one version at all zooms, and the labels.

    `families` are by the depth of the finest level of a zoom, `panes` by level and zoom.
    """

    scheme: Scheme
    tree: Tree
    values: Values
    families: Mapping[int, Family]
    panes: Mapping[Shown, Pane]
    labels: Labels

    @classmethod
    def build(
        cls, tree: Tree, values: Values, scheme: Scheme, read: Read, report: Report,
        parts: Parts | None = None,
    ) -> "Drawings":  # fmt: skip
        """Draw a version; `report` hears of each zoom when it is done.

        With `parts` zooms that are there already are not drawn again.
        """
        families: dict[int, Family] = {}
        panes: dict[Shown, Pane] = {}
        for finest, stacks in stacks_of(scheme.shown).items():
            ids = tree.cover(finest)
            shapes = read(ids)
            families[finest] = Family(ids, boxes_of(shapes))
            brush = _Brush(tree, values, ids, finest, stacks)
            ready = partial(brush.ready, shapes)
            for zoom, made in _zooms(stacks, ready, parts, finest, len(ids)):
                panes |= made
                report(zoom)
        labels = Labels.build(tree, values, scheme.labels, read)
        return cls(scheme, tree, values, families, panes, labels)

    def followed(self, change: Change, read: Read) -> "tuple[Drawings, Alterations]":
        """Draw a later version where it differs; equal to one drawn from scratch."""
        same = change.tree.equals(self.tree)
        change = replace(change, tree=self.tree) if same else change
        restated = self._restated(change)
        values = self.values.extended({int(i): change.said[int(i)] for i in restated})
        families, panes = dict(self.families), dict(self.panes)
        altered: dict[Shown, Altered] = {}
        for finest, stacks in stacks_of(self.scheme.shown).items():
            families[finest], redrawn = _redrawn(
                self.families[finest], change, finest, _bands(stacks), read
            )
            if not redrawn and not len(restated) and same:
                continue
            past, present = self.families[finest].ids, families[finest].ids
            levels = {
                depth: _Level(self.tree, past, change.tree, present, depth)
                for depth in sorted({one.depth for stack in stacks.values() for one in stack})
            }
            gone = without(past, present)
            for zoom, stack in stacks.items():
                step = _Step(values, restated, levels, stack, gone)
                altered |= step.taken(self.panes, panes, redrawn.get(zoom))
        labels, relabelled = follow(
            self.labels, change.tree, values, self.scheme.labels, change.reshaped,
            np.array(sorted(change.said), dtype=np.int32), read,
        )  # fmt: skip
        made = Drawings(self.scheme, change.tree, values, families, panes, labels)
        return made, Alterations(altered, relabelled)

    def _restated(self, change: Change) -> Rows:
        """Ids of units that say something else than before, or are new."""
        ids = np.array(sorted(change.said), dtype=np.int32)
        if not len(ids):
            return ids
        later = Values.of({int(i): change.said[int(i)] for i in ids})
        rows = self.values.rows_of(ids)
        pairs = zip(rows.tolist(), range(len(ids)), strict=True)
        other = [r < 0 or self.values.said(r) != later.said(k) for r, k in pairs]
        return np.asarray(ids[np.array(other)], dtype=np.int32)


Band = Mapping[int, float]
"""Zooms that are drawn again together, ascending, and the tolerance of each."""


def _bands(stacks: Mapping[int, Sequence[Shown]]) -> list[Band]:
    """Zooms of a family that are drawn again together: those that are drawn alone, and the others.

    What a change may touch grows with the size of a tile unit at the first zoom of a band.
    """
    ones = {zoom: stack[0] for zoom, stack in stacks.items()}
    bands = [
        {zoom: tolerance_of(one) for zoom, one in ones.items() if one.alone is kind}
        for kind in (True, False)
    ]
    return [band for band in bands if band]


class _Brush(NamedTuple):
    """What is needed to draw the zooms of a family beside its borders."""

    tree: Tree
    values: Values
    ids: Rows
    finest: int
    stacks: Mapping[int, Sequence[Shown]]

    def ready(self, shapes: Sequence[Shape]) -> Callable[[int], dict[Shown, Pane]]:
        """Return what draws a zoom."""
        return partial(self._drawn, Coverage(shapes))

    def _drawn(self, coverage: Coverage, zoom: int) -> dict[Shown, Pane]:
        drawn = coverage.drawn(zoom, tolerance_of(self.stacks[zoom][0]))
        return {
            one: pane_of(self.tree, self.values, self.ids, drawn, one.depth, self.finest)
            for one in self.stacks[zoom]
        }


def _zooms(
    stacks: Mapping[int, Sequence[Shown]], ready: Prepare, parts: Parts | None, finest: int,
    units: int,
) -> Iterator[tuple[int, Panes]]:  # fmt: skip
    """Yield the zooms of a family with their panes."""
    if parts is not None:
        yield from parts.panes(finest, list(stacks), units, ready)
        return
    draw = ready()
    for zoom in stacks:
        yield zoom, draw(zoom)


def pane_of(tree: Tree, values: Values, ids: Rows, drawn: Drawn, depth: int, finest: int) -> Pane:
    """Return a level made of drawn units of the finest level, given by their ids."""
    if depth == finest:
        return Pane.of(Sheet.of(ids, values.rows_of(ids), drawn))
    return Pane.of(_above(values, tree.owners(ids, depth), drawn))


def _above(values: Values, owners: Rows, drawn: Drawn) -> Sheet:
    """Dissolve drawn units by their owners."""
    if not len(owners):
        return Sheet.of(owners, owners, drawn)
    ids = distinct(owners[owners != NOBODY])
    numbers = np.where(owners == NOBODY, NOBODY, np.searchsorted(ids, owners))
    return Sheet.of(ids, values.rows_of(ids), dissolved(drawn, numbers, len(ids)))


def _redrawn(
    family: Family, change: Change, finest: int, bands: Sequence[Band], read: Read
) -> tuple[Family, dict[int, Sheet]]:
    """Return the family after a change, and its units in the changed neighbourhood by zoom.

    Subjects of the sheets are not set.
    """
    ids = change.tree.cover(finest)
    ids = family.ids if np.array_equal(ids, family.ids) else ids
    came_or_went = union(without(ids, family.ids), without(family.ids, ids))
    changed = union(came_or_went, change.reshaped[np.isin(change.reshaped, ids)])
    if not len(changed):
        return family, {}
    came = changed[np.isin(changed, ids)]
    stays = np.isin(ids, came, invert=True)
    boxes = np.empty((len(ids), 4), dtype=np.int64)
    boxes[stays] = family.boxes[np.searchsorted(family.ids, ids[stays])]
    boxes[~stays] = boxes_of(read(came))
    seeds = np.concatenate((family.boxes[np.isin(family.ids, changed)], boxes[~stays]))
    made = Family(ids, boxes)
    sheets: dict[int, Sheet] = {}
    for band in bands:
        sheets |= _drawn_again(made, seeds, ~stays, band, read)
    return made, sheets


def _drawn_again(
    family: Family, seeds: Boxes, came: NDArray[np.bool_], band: Band, read: Read
) -> dict[int, Sheet]:
    """Draw what a change may touch, by zoom: two hops from its boxes, in company two hops wider."""
    (ids, boxes), first = family, min(band)
    mine = meeting(boxes, boxes[meeting(boxes, seeds, first)], first) | came
    company = meeting(boxes, boxes[meeting(boxes, boxes[mine], first)], first)
    coverage = Coverage(read(ids[company]))
    inside = np.flatnonzero(mine[company])
    nobody = np.zeros(int(company.sum()), dtype=np.int32)
    return {
        zoom: Sheet.of(ids[company], nobody, coverage.drawn(zoom, tolerance)).at(inside)
        for zoom, tolerance in band.items()
    }


@dataclass(frozen=True)
class _Level:
    """To whom the units of a family belong at a depth, before and after a change.

    Reckoned where it is asked for: most changes leave the tree as it is, and the levels above too.
    """

    before: Tree
    past: Rows
    after: Tree
    present: Rows
    depth: int

    @property
    def is_same(self) -> bool:
        """Whether nobody came, went or changed hands."""
        return self.before is self.after and self.past is self.present

    @cached_property
    def owners(self) -> Rows:
        """Owners after the change, of `present`."""
        return self.after.owners(self.present, self.depth)

    @cached_property
    def moved(self) -> Rows:
        """Units of both that have another owner than before."""
        if self.is_same:
            return self.past[:0]
        common = self.past[np.isin(self.past, self.present)]
        owned = self.before.owners(common, self.depth)
        other = owned != self.after.owners(common, self.depth)
        return np.asarray(common[other], dtype=np.int32)

    def lost_and_new(self, here: Rows) -> tuple[Rows, Rows]:
        """Of the owners before the change those that are none any more, and those that are new."""
        if self.is_same:
            return here[:0], here[:0]
        still = distinct(self.owners[self.owners != NOBODY])
        return without(here, still), without(still, here)


@dataclass(frozen=True)
class _Step:
    """What a change does to the panes drawn together at a zoom.

    `stack` are these, and `gone` units of the finest of them, the last.
    """

    values: Values
    restated: Rows
    levels: Mapping[int, _Level]
    stack: Sequence[Shown]
    gone: Rows

    def taken(
        self, old: Mapping[Shown, Pane], new: dict[Shown, Pane], redrawn: Sheet | None
    ) -> dict[Shown, Altered]:
        """Replace panes, and return what is altered in each."""
        *above, fine = self.stack
        before = old[fine]
        came = before.base.at(np.empty(0, dtype=np.int64)) if redrawn is None else redrawn
        came = came.at(np.flatnonzero(_differs(came, before.take(came.ids))))
        altered = {fine: self._put(fine, old, new, self.gone, came)}
        for shown in above:
            altered[shown] = self._put_above(shown, old, new, before, came)
        return altered

    def _put(
        self, shown: Shown, old: Mapping[Shown, Pane], new: dict[Shown, Pane], gone: Rows,
        came: Sheet,
    ) -> Altered:  # fmt: skip
        """Replace the units of a pane that look or read otherwise."""
        pane = old[shown]
        reading = without(self.restated, np.concatenate((came.ids, gone)))
        came = came.joined(pane.take(reading))
        if not len(came.ids) and not len(gone):
            return Altered(came, came)
        came = came._replace(subjects=self.values.rows_of(came.ids))
        new[shown] = pane.replaced(gone, came)
        return Altered(pane.take(union(gone, came.ids)), came)

    def _put_above(
        self, shown: Shown, old: Mapping[Shown, Pane], new: dict[Shown, Pane], before: Pane,
        came: Sheet,
    ) -> Altered:  # fmt: skip
        """Dissolve again the units of a coarser level whose border has moved."""
        after, level = new[self.stack[-1]], self.levels[shown.depth]
        touched = union(union(level.moved, came.ids), self.gone)
        wanted = _unlike(before.take(touched), after.take(touched), level)
        lost, new_ids = level.lost_and_new(old[shown].ids)
        wanted = union(without(wanted, lost), new_ids)
        if not len(wanted):
            return self._put(shown, old, new, lost, old[shown].take(wanted))
        members = np.isin(level.owners, wanted)
        part = after.take(level.present[members])
        drawn = Drawn(part.rings, part.token)
        return self._put(shown, old, new, lost, _above(self.values, level.owners[members], drawn))


def _differs(new: Sheet, old: Sheet) -> NDArray[np.bool_]:
    """Which units of a sheet have other rings than in another, or are not there."""
    rows = {unit: row for row, unit in enumerate(old.ids.tolist())}
    found = [
        unit not in rows or _rings(new, row) != _rings(old, rows[unit])
        for row, unit in enumerate(new.ids.tolist())
    ]
    return np.array(found, dtype=np.bool_)


def _rings(sheet: Sheet, row: int) -> tuple[bytes, bytes, bool]:
    """Return the rings of one unit, to compare."""
    ends = sheet.ends[sheet.units[row] : sheet.units[row + 1] + 1]
    xy = sheet.xy[ends[0] : ends[-1]]
    return xy.tobytes(), (ends - ends[0]).tobytes(), bool(sheet.token[row])


def _unlike(old: Sheet, new: Sheet, level: _Level) -> Rows:
    """Owners of units whose sum has another border than before."""
    start, end, unit = edges_of_rings(old.rings)
    start2, end2, unit2 = edges_of_rings(new.rings)
    owned = _owner_of(old, level.before, level.depth)[unit]
    owner = np.concatenate((owned, _owner_of(new, level.after, level.depth)[unit2]))
    a, b = np.concatenate((start, start2)), np.concatenate((end, end2))
    sign = np.where(a < b, 1, -1)
    sign[: len(start)] *= -1
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((high, low, owner))
    if not len(order):
        return np.empty(0, dtype=np.int32)
    keys = np.stack((owner[order].astype(np.int64), low[order], high[order]))
    first = np.flatnonzero(np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)))
    found = owner[order][first[np.add.reduceat(sign[order], first) != 0]]
    return distinct(found[found != NOBODY])


def _owner_of(sheet: Sheet, tree: Tree, depth: int) -> Rows:
    """Owner of each unit of a sheet; tokens have none, since they share in no border."""
    return np.where(sheet.token, NOBODY, tree.owners(sheet.ids, depth)).astype(np.int32)
