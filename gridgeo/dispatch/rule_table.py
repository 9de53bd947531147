"""`assign_many`: whose are they? The same decisions as `assign`, for millions at once, by arrays.

Events that differ in nothing that a rule asks for (conditions on time that hold, modes on, the
class) form a group; in a group all events climb together, a step at a time. Within a step the rule
with the lowest rank decides: the parts of a rank lie in the bits of one integer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gridgeo.errors import TooLarge, Unavailable
from gridgeo.locate.model import ExclusiveRef, UnitRef
from gridgeo.parties.clock import time_classes
from gridgeo.parties.model import DAILY, Class, ResponsibilityRule, RuleSet, When

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

CLASS_BITS, WEIGHT_BITS, ORDER_BITS, AGE_BITS = 6, 12, 20, 24
"""Bits of a rank below the role: place in the lineage, weight, order of scopes, age."""

NOBODY = -1
"""No party, no rule, no unit."""


@dataclass(frozen=True)
class Spans:
    """Lists of whole numbers of many owners, one after the other: `values[starts[i]:starts[i+1]]`."""

    starts: Ints
    values: Ints

    @classmethod
    def grouped(cls, owners: Ints, values: Ints, number: int) -> "Spans":
        """Return the values of each of `number` owners, in their order; owner -1 has none."""
        order = np.argsort(owners, kind="stable")
        order = order[np.searchsorted(owners[order], 0) :]
        counts = np.bincount(owners[order], minlength=number)
        return cls(np.concatenate(([0], np.cumsum(counts))), values[order])

    def of(self, owners: Ints) -> tuple[Ints, Ints]:
        """Return the places in `owners` and the places in `values` of all that they have."""
        begin = self.starts[owners]
        counts = self.starts[owners + 1] - begin
        place = np.repeat(np.arange(len(owners)), counts)
        within = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
        return place, np.repeat(begin, counts) + within


def no_spans(number: int) -> Spans:
    """Return empty lists of so many owners."""
    return Spans(np.zeros(number + 1, dtype=np.int64), np.zeros(0, dtype=np.int64))


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
        self._set = rules
        self._rules = sorted(rules.rules(), key=lambda rule: rule.rule_id)
        self._tree = _Tree(units, legal_parents or {})
        grids = sorted(exclusive, key=lambda grid: grid.code)
        self._grid_ids = np.array(sorted(grid.exclusive_id for grid in grids), dtype=np.int64)
        codes = {grid.exclusive_id: order for order, grid in enumerate(grids)}
        self._nodes = self._numbered_matters()
        self._columns = _Columns.of(self._rules, self._nodes, self._tree, self._grid_ids, codes)
        self._answers = _Answers.of(rules, self._rules, self._tree)
        place = {rule.rule_id: row for row, rule in enumerate(self._rules)}
        owners = [asset for asset, found in enumerate(asset_rules) for _ in found]
        values = [place[rule.rule_id] for found in asset_rules for rule in found]
        self._of_asset = Spans.grouped(_ints(owners), _ints(values), len(asset_rules))

    def _numbered_matters(self) -> dict[Class, int]:
        matters = dict.fromkeys(rule.matter for rule in self._rules)
        return {matter: node for node, matter in enumerate(m for m in matters if m is not None)}

    def assign_many(self, events: Located) -> Assigned:
        """Return the rule and the lead party of each event; `assign` decides them the same.

        Raises
        ------
        Unavailable
            The city itself has no rule that holds for all matters at a minute.
        """
        whens, calendars = self._set.whens, self._set.calendars
        times, holding = time_classes(calendars, whens, events.minutes)
        lineages = [self._lineage(one) for one in events.classes]
        known = {lineage: place for place, lineage in enumerate(dict.fromkeys(lineages))}
        matters = _ints([known[lineage] for lineage in lineages])[events.categories]
        modes = np.zeros_like(times) if events.modes is None else events.modes
        leaves = self._tree.row_of(events.unit_ids)
        sizes = (len(holding), len(events.mode_sets), len(known), 2)
        codes = np.ravel_multi_index((times, modes, matters, (leaves < 0).astype(int)), sizes)
        found = Assigned(np.full(len(codes), NOBODY), np.full(len(codes), NOBODY))
        tiers = _Tiers(self._columns, self._set.whens)
        order = np.argsort(codes, kind="stable")
        edges = np.flatnonzero(np.diff(codes[order], prepend=-1, append=-1))
        for begin, end in zip(edges[:-1], edges[1:], strict=True):
            rows = order[begin:end]
            time, mode, matter, outside = np.unravel_index(codes[rows[0]], sizes)
            group = _Group(
                self, tiers, events, found, rows, np.maximum(leaves[rows], 0),
                list(known)[matter], holding[time], events.mode_sets[mode], bool(outside),
            )  # fmt: skip
            group.decide()
        if (found.rule_ids < 0).any():
            raise Unavailable(
                f"Rule set {self._set.rule_set} names no party for the city itself; "
                "give the city a rule without category, mode and time."
            )
        return found

    def _lineage(self, matter: Class | None) -> tuple[int, ...]:
        """Return the matters of rules that a class belongs to, most specific first."""
        lineage = () if matter is None else self._set.categories.lineage(*matter)
        return tuple(self._nodes[one] for one in lineage if one in self._nodes)
