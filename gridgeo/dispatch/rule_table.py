"""`assign_many`: whose are they? The same decisions as `assign`, for millions at once, by arrays.

Events that differ in nothing that a rule asks for (conditions on time that hold, modes on, the
class) form a group; in a group all events climb together, a step at a time. Within a step the rule
with the lowest rank decides: the parts of a rank lie in the bits of one integer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gridgeo.dispatch.rule_arrays import (
    AGE_MASK,
    CLASS_AT,
    NOBODY,
    ORDER_AT,
    ORDER_BITS,
    OTHER_MATTER,
    Answers,
    Columns,
    Flags,
    Ints,
    Keyed,
    Spans,
    Tree,
    ints,
    require_bits,
)
from gridgeo.errors import Unavailable
from gridgeo.locate.model import ExclusiveRef, UnitRef
from gridgeo.parties.calendars import DAILY, When
from gridgeo.parties.clock import time_classes
from gridgeo.parties.model import Class, ResponsibilityRule, RuleSet


@dataclass(frozen=True)
class Located:
    """Events that have their place, all arrays of one length n.

    Parameters
    ----------
    unit_ids : int array (n)
        Leaves; -1 outside the city.
    categories : int array (n)
        Places in `classes`.
    classes : sequence of (scheme, code) or None
        The classes that occur.
    minutes : int array (n)
        Since 1970, in UTC.
    exclusive : Spans of n, optional
        Ids of the exclusive grids over each.
    mode_sets, modes : sequence of tuple of str, int array (n), optional
        What modes are on besides "daily", the highest priority first; which of these at each.
    assets, distances_m : Spans of n, float array, optional
        The assets near each, as places in `AssetIndex.rules`, and the metres to them, in the order
        of the spans, nearest first.
    """

    unit_ids: Ints
    categories: Ints
    classes: Sequence[Class | None]
    minutes: Ints
    exclusive: Spans | None = None
    mode_sets: Sequence[tuple[str, ...]] = ((),)
    modes: Ints | None = None
    assets: Spans | None = None
    distances_m: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Assigned:
    """The deciding rule and the lead party of each event, int arrays (n)."""

    rule_ids: Ints
    party_ids: Ints


class RuleTable:
    """The rules of a set over the units of a map version, as arrays. Immutable.

    Parameters
    ----------
    rules : RuleSet
    units : mapping of int to UnitRef
        All units of the version, by id.
    exclusive : sequence of ExclusiveRef
        All exclusive grids of the version.
    legal_parents : mapping of int to int
        The legal parent by unit id, where it is another than the administering one.
    asset_rules : sequence of sequence of ResponsibilityRule
        The rules of each asset, as in `AssetIndex.rules`.

    Raises
    ------
    TooLarge
        More rules, weights, exclusive grids or levels of classes than a rank has bits for.
    """

    def __init__(
        self,
        rules: RuleSet,
        units: Mapping[int, UnitRef],
        exclusive: Sequence[ExclusiveRef] = (),
        legal_parents: Mapping[int, int] | None = None,
        asset_rules: Sequence[Sequence[ResponsibilityRule]] = (),
    ) -> None:
        self.rules = rules
        rows = sorted(rules.rules(), key=lambda rule: rule.rule_id)
        self.rule_ids = ints([rule.rule_id for rule in rows])
        self.tree = Tree(units, legal_parents or {})
        by_code = sorted(exclusive, key=lambda grid: grid.code)
        grids = {grid.exclusive_id: place for place, grid in enumerate(by_code)}
        self.columns = Columns(rows, rules.whens, self.tree, grids)
        self.answers = Answers(rules, rows, self.columns, self.tree)
        self.of_grid = Spans.grouped(self.columns.grid, np.arange(len(rows)), len(grids))
        self._grid_ids = ints(sorted(grids))
        self._grid_rows = ints([grids[id_] for id_ in sorted(grids)])
        self.tolerance_m = np.array([rule.tolerance_m or 0.0 for rule in rows])
        row_of = {rule.rule_id: row for row, rule in enumerate(rows)}
        owners = [asset for asset, found in enumerate(asset_rules) for _ in found]
        meant = [row_of[rule.rule_id] for found in asset_rules for rule in found]
        self.of_asset = Spans.grouped(ints(owners), ints(meant), len(asset_rules))

    def assign_many(self, events: Located) -> Assigned:
        """Return the rule and the lead party of each event; `assign` decides them the same.

        Raises
        ------
        Unavailable
            The city itself has no rule that holds for all matters at a minute.
        """
        times, holding = time_classes(self.rules.calendars, self.rules.whens, events.minutes)
        lineages = [self._lineage(one) for one in events.classes]
        known = list(dict.fromkeys(lineages))
        place = {lineage: number for number, lineage in enumerate(known)}
        matters = ints([place[lineage] for lineage in lineages])[events.categories]
        modes = np.zeros_like(times) if events.modes is None else events.modes
        leaves = self.tree.row_of(events.unit_ids)
        outside = (leaves < 0).astype(np.int64)
        sizes = (len(holding), len(events.mode_sets), len(known), 2)
        codes = np.ravel_multi_index((times, modes, matters, outside), sizes)
        order = np.argsort(codes, kind="stable")
        edges = np.flatnonzero(np.diff(codes[order], prepend=-1, append=-1))
        found = Assigned(np.full(len(codes), NOBODY), np.full(len(codes), NOBODY))
        eligible = _Eligible(self, np.where(outside > 0, self.tree.root, leaves))
        for begin, end in pairwise(edges.tolist()):
            rows = order[begin:end]
            time, mode, matter, is_outside = np.unravel_index(codes[rows[0]], sizes)
            asked = _Asked(holding[time], events.mode_sets[mode], known[matter])
            here = np.where(outside[rows] > 0, self.tree.root, leaves[rows])
            _Group(self, eligible, events, asked, rows, here, found).decide(bool(is_outside))
        if (found.rule_ids < 0).any():
            raise Unavailable(
                f"Rule set {self.rules.rule_set} names no party for the city itself; "
                "give the city a rule without category, mode and time."
            )
        return found

    def grids_of(self, exclusive_ids: Ints) -> Ints:
        """Return the places of exclusive grids in the order of their codes, by id."""
        return self._grid_rows[np.searchsorted(self._grid_ids, exclusive_ids)]

    def _lineage(self, matter: Class | None) -> tuple[int, ...]:
        """Return the matters of rules that a class belongs to, most specific first."""
        lineage = () if matter is None else self.rules.categories.lineage(*matter)
        nodes = self.columns.nodes
        return tuple(nodes[one] for one in lineage if one in nodes)


@dataclass(frozen=True)
class _Asked:
    """What the events of a group have in common."""

    holding: frozenset[When]
    modes: tuple[str, ...]
    lineage: tuple[int, ...]


class _Eligible:
    """Which rules hold at a time in a mode, kept from group to group."""

    def __init__(self, table: RuleTable, leaves: Ints) -> None:
        columns = self._columns = table.columns
        self._whens = table.rules.whens
        self._of_node = Spans.grouped(
            columns.node, np.arange(len(columns.node)), len(columns.nodes) + 1
        )
        tree, used = table.tree, np.unique(leaves)
        self._met = tuple(tree.met(up, used) for up in (tree.up, tree.legal_up))
        self._masks: dict[object, Flags] = {}
        self._of_all: dict[object, list[_Climbing]] = {}

    def mask(self, asked: _Asked, mode: str | None) -> Flags:
        """Return the rules that hold in a mode, or, without one, on ordinary days."""
        ordinary = mode is None and not asked.modes
        key = asked.holding, mode, ordinary
        found = self._masks.get(key)
        if found is None:
            columns = self._columns
            held = np.array([True, *(when in asked.holding for when in self._whens)])
            of_mode = columns.mode == (mode or "")
            if ordinary:
                of_mode |= columns.mode == DAILY
            found = self._masks[key] = columns.decides & held[columns.when] & of_mode
        return found

    def of_all(self, asked: _Asked, mode: str | None) -> "list[_Climbing]":
        """Return the rules for all matters by unit."""
        key = asked.holding, mode, not asked.modes
        found = self._of_all.get(key)
        if found is None:
            found = self._of_all[key] = self.of_nodes([len(self._columns.nodes)], asked, mode)
        return found

    def of_nodes(self, nodes: Sequence[int], asked: _Asked, mode: str | None) -> "list[_Climbing]":
        """Return the rules of some matters by unit, of each tree in which there are any."""
        columns = self._columns
        _, at = self._of_node.of(ints(nodes))
        rules = self._of_node.values[at]
        rules = rules[self.mask(asked, mode)[rules] & (columns.unit[rules] >= 0)]
        legal = columns.legal[rules]
        return [
            self._climbing(tree, by_tree)
            for tree, by_tree in enumerate((rules[~legal], rules[legal]))
            if len(by_tree)
        ]

    def _climbing(self, tree: int, rules: Ints) -> "_Climbing":
        by_unit = Keyed.grouped(self._columns.unit[rules], rules)
        met = [bool(flags[by_unit.owners].any()) for flags in self._met[tree]]
        return _Climbing(tree, by_unit, frozenset(np.flatnonzero(met).tolist()))


@dataclass(frozen=True)
class _Climbing:
    """Rules by unit in a tree (0 administering, 1 legal), and the steps at which one is met."""

    tree: int
    by_unit: Keyed
    steps: frozenset[int]


class _Group:
    """Events to which the same rules may answer, on their way up."""

    def __init__(
        self, table: RuleTable, eligible: _Eligible, events: Located, asked: _Asked, rows: Ints,
        leaves: Ints, found: Assigned,
    ) -> None:  # fmt: skip
        self._table, self._eligible, self._events = table, eligible, events
        self._asked, self._found = asked, found
        self._rows, self._leaves = rows, leaves
        self._places = table.columns.places_of(asked.lineage)

    def decide(self, outside: bool) -> None:
        """Find the rule and the party of each event."""
        for mode in (*self._asked.modes, None):
            mask = self._eligible.mask(self._asked, mode)
            if self._events.assets is not None:
                self._assets(mask, self._events.assets)
            if self._events.exclusive is not None:
                self._exclusive(mask, self._events.exclusive)
            self._units(mode, outside=outside)
            if not len(self._rows):
                return

    def _assets(self, mask: Flags, assets: Spans) -> None:
        event, at = assets.of(self._rows)
        pair, rule_at = self._table.of_asset.of(assets.values[at])
        rules = self._table.of_asset.values[rule_at]
        in_reach = self._events.distances_m[at[pair]] <= self._table.tolerance_m[rules]
        nearer = at - assets.starts[self._rows][event]
        require_bits(2 * int(nearer.max(initial=0)) + 1, ORDER_BITS, "assets near one point")
        self._choose(event[pair], rules, mask[rules] & in_reach, nearer[pair] << (ORDER_AT + 1))

    def _exclusive(self, mask: Flags, exclusive: Spans) -> None:
        event, at = exclusive.of(self._rows)
        pair, rule_at = self._table.of_grid.of(self._table.grids_of(exclusive.values[at]))
        rules = self._table.of_grid.values[rule_at]
        self._choose(event[pair], rules, mask[rules])

    def _units(self, mode: str | None, *, outside: bool) -> None:
        nodes = [*self._asked.lineage, *([len(self._table.columns.nodes)] if outside else [])]
        of_matter = self._eligible.of_nodes(nodes, self._asked, mode)
        if outside:
            self._step(of_matter, 0)
            return
        self._climb(of_matter)
        if len(self._rows):
            self._climb(self._eligible.of_all(self._asked, mode))

    def _climb(self, climbing: list[_Climbing]) -> None:
        for step in sorted({step for one in climbing for step in one.steps}):
            self._step([one for one in climbing if step in one.steps], step)

    def _step(self, climbing: list[_Climbing], step: int) -> None:
        """Let the units decide that lie so many steps above the leaves, in either tree."""
        tree = self._table.tree
        found = [
            one.by_unit.of((tree.up, tree.legal_up)[one.tree][step][self._leaves])
            for one in climbing
        ]
        if len(found) == 1:
            self._choose(*found[0])
        elif found:
            event, rules = (np.concatenate(parts) for parts in zip(*found, strict=True))
            order = np.argsort(event, kind="stable")
            self._choose(event[order], rules[order])

    def _choose(
        self, event: Ints, rules: Ints, holds: Flags | bool = True, order: Ints | int = 0
    ) -> None:
        """Let the rule with the lowest rank decide for each event; `event` ascends."""
        table = self._table
        places = self._places[table.columns.node[rules]]
        parties = table.answers.of(rules, self._leaves[event])
        ranks = (table.columns.rank[rules] + order) | places << CLASS_AT
        kept = holds & (places < OTHER_MATTER) & (parties >= 0)
        event, ranks = event[kept], ranks[kept]
        if not len(event):
            return
        first = np.flatnonzero(np.diff(event, prepend=-1))
        decided, rows = event[first], np.minimum.reduceat(ranks, first) & AGE_MASK
        self._found.rule_ids[self._rows[decided]] = table.rule_ids[rows]
        self._found.party_ids[self._rows[decided]] = table.answers.of(rows, self._leaves[decided])
        pending = np.ones(len(self._rows), dtype=bool)
        pending[decided] = False
        self._rows, self._leaves = self._rows[pending], self._leaves[pending]
