"""A rule set as arrays: the tree of units, the rank of each rule, the party that answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridgeo.errors import TooLarge
from gridgeo.locate.model import UnitRef
from gridgeo.parties.calendars import When
from gridgeo.parties.model import Class, ResponsibilityRule, RuleSet

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NOBODY = -1
"""No party, no rule, no unit."""

AGE_BITS, ORDER_BITS, WEIGHT_BITS, CLASS_BITS = 24, 20, 12, 6
"""Parts of a rank from the lowest bit up; the role lies above them."""

ORDER_AT = AGE_BITS
WEIGHT_AT = ORDER_AT + ORDER_BITS
CLASS_AT = WEIGHT_AT + WEIGHT_BITS
ROLE_AT = CLASS_AT + CLASS_BITS

AGE_MASK = (1 << AGE_BITS) - 1
OTHER_MATTER = (1 << CLASS_BITS) - 1
"""The place in a lineage of a matter that is not in it."""


def require_bits(number: int, bits: int, what: str) -> None:
    """Raise `TooLarge` for more of something than a rank has bits for."""
    if number >= 1 << bits:
        raise TooLarge(f"At most {(1 << bits) - 1} {what} in one rule set.", key=what, value=number)


def ints(values: Sequence[int]) -> Ints:
    """Return whole numbers as an array."""
    return np.array(values, dtype=np.int64)


@dataclass(frozen=True)
class Spans:
    """Numbers of many owners, one list after the other: `values[starts[i]:starts[i + 1]]`."""

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
        """Return places in `owners`, ascending, and the places in `values` of all they have."""
        begin = self.starts[owners]
        counts = self.starts[owners + 1] - begin
        place = np.repeat(np.arange(len(owners)), counts)
        within = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
        return place, np.repeat(begin, counts) + within


@dataclass(frozen=True)
class Keyed:
    """Numbers of those few owners that have any: the owners ascend."""

    owners: Ints
    spans: Spans

    @classmethod
    def grouped(cls, owners: Ints, values: Ints) -> "Keyed":
        """Return values by their owners, in their order; owner -1 has none."""
        order = np.argsort(owners, kind="stable")
        order = order[np.searchsorted(owners[order], 0) :]
        found, starts = np.unique(owners[order], return_index=True)
        return cls(found, Spans(np.append(starts, len(order)), values[order]))

    def of(self, owners: Ints) -> tuple[Ints, Ints]:
        """Return the places in `owners`, ascending, and the values of all that they have."""
        at = np.searchsorted(self.owners, owners)
        at[at == len(self.owners)] = 0
        there = np.flatnonzero(self.owners[at] == owners)
        place, value_at = self.spans.of(at[there])
        return there[place], self.spans.values[value_at]


class Tree:
    """The units of a version by rows, in the order of their ids, with all that is above each.

    `up[k]` and `legal_up[k]` hold for each unit the row k steps above it, by the administering and
    by the legal parents; -1 above the city.
    """

    def __init__(self, units: Mapping[int, UnitRef], legal_parents: Mapping[int, int]) -> None:
        self.ids = ints(sorted(units))
        above = {unit_id: unit.parent_id for unit_id, unit in units.items()}
        parents = self._rows_above(above)
        self.root = int(np.flatnonzero(parents < 0)[0])
        self.up = self._climbed(parents)
        self.legal_up = self.up
        if legal_parents:
            self.legal_up = self._climbed(self._rows_above({**above, **legal_parents}))

    def row_of(self, unit_ids: Ints) -> Ints:
        """Return the rows of units; -1 for an id that is not there."""
        rows = np.minimum(np.searchsorted(self.ids, unit_ids), len(self.ids) - 1)
        return np.where(self.ids[rows] == unit_ids, rows, NOBODY)

    def _rows_above(self, above: Mapping[int, int | None]) -> Ints:
        parents = (above[unit_id] for unit_id in self.ids.tolist())
        return self.row_of(ints([NOBODY if one is None else one for one in parents]))

    def _climbed(self, parents: Ints) -> list[Ints]:
        up = [np.arange(len(parents))]
        while (up[-1] >= 0).any() and len(up) <= len(parents):
            up.append(np.where(up[-1] >= 0, parents[up[-1]], NOBODY))
        return up[:-1]

    def met(self, up: Sequence[Ints], leaves: Ints) -> list[Flags]:
        """Return for each step which units lie that many steps above one of the leaves."""
        found = [np.zeros(len(self.ids) + 1, dtype=bool) for _ in up]
        for flags, rows in zip(found, up, strict=True):
            flags[rows[leaves]] = True
        return found

    def inherited(self, own: Ints, up: Sequence[Ints]) -> Ints:
        """Return what each unit has, or the nearest above it that has something."""
        found = own.copy()
        for rows in up[1:]:
            found = np.where((found < 0) & (rows >= 0), own[rows], found)
        return found


class Columns:
    """What decides between rules, a row for each rule in the order of their ids.

    Parameters
    ----------
    rules : sequence of ResponsibilityRule
        In the order of their ids.
    whens : sequence of When
        The conditions on time but `ALWAYS`.
    grids : mapping of int to int
        The place of each exclusive grid, by id, in the order of their codes.
    """

    def __init__(
        self,
        rules: Sequence[ResponsibilityRule],
        whens: Sequence[When],
        tree: Tree,
        grids: Mapping[int, int],
    ) -> None:
        require_bits(len(rules), AGE_BITS, "rules")
        require_bits(2 * len(grids) + 1, ORDER_BITS, "exclusive grids")
        units = [NOBODY if r.scope_unit_id is None else r.scope_unit_id for r in rules]
        self.unit = tree.row_of(ints(units))
        self.grid = ints([grids.get(rule.scope_exclusive_id or NOBODY, NOBODY) for rule in rules])
        matters = dict.fromkeys(rule.matter for rule in rules if rule.matter is not None)
        self.nodes: dict[Class, int] = {matter: node for node, matter in enumerate(matters)}
        self.node = ints([self.nodes[r.matter] if r.matter else len(matters) for r in rules])
        numbered = {when: place for place, when in enumerate(whens, start=1)}
        self.when = ints([numbered.get(rule.when, 0) for rule in rules])
        self.mode = np.array([rule.mode or "" for rule in rules], dtype=np.str_)
        self.legal = np.array([rule.tree == "legal" for rule in rules], dtype=bool)
        self.decides = np.array([rule.role != "co_handler" for rule in rules], dtype=bool)
        self.rank = self._ranks(rules)

    def _ranks(self, rules: Sequence[ResponsibilityRule]) -> Ints:
        """Return the ranks of rules without what depends on the event: the class, the asset."""
        weights = [(-rule.priority, -rule.when.specificity) for rule in rules]
        place = {weight: number for number, weight in enumerate(sorted(set(weights)))}
        require_bits(len(place), WEIGHT_BITS, "kinds of priority")
        unnamed = ints([rule.asset_name is None for rule in rules])
        order = 2 * np.maximum(self.grid, 0) + unnamed
        role = ints([rule.role == "deputy" for rule in rules])
        weight = ints([place[one] for one in weights])
        ranks: Ints = role << ROLE_AT | weight << WEIGHT_AT | order << ORDER_AT
        return ranks | np.arange(len(rules))

    def places_of(self, lineage: Sequence[int]) -> Ints:
        """Return by node the place in a lineage; that of rules for all matters is behind it."""
        require_bits(len(lineage) + 1, CLASS_BITS, "levels of classes")
        places = np.full(len(self.nodes) + 1, OTHER_MATTER)
        places[list(lineage)] = np.arange(len(lineage))
        places[-1] = len(lineage)
        return places


class Answers:
    """The party by which each rule answers at each unit."""

    def __init__(
        self, rules: RuleSet, rows: Sequence[ResponsibilityRule], columns: Columns, tree: Tree
    ) -> None:
        self._named = ints([_named(rules, rule) for rule in rows])
        kinds = dict.fromkeys((r.party_kind, r.tree) for r in rows if r.party_kind is not None)
        place = {kind: number for number, kind in enumerate(kinds)}
        self._kind = ints([place[r.party_kind, r.tree] if r.party_kind else 0 for r in rows])
        serving = [_serving(rules, tree, kind, by) for kind, by in kinds]
        self._serving = np.array(serving or [np.full(len(tree.ids), NOBODY)])

    def of(self, rules: Ints, leaves: Ints) -> Ints:
        """Return the parties of rules at leaves, by their rows; -1 where a kind serves nobody."""
        named = self._named[rules]
        return np.where(named >= 0, named, self._serving[self._kind[rules], leaves])


def _named(rules: RuleSet, rule: ResponsibilityRule) -> int:
    party = rule.party
    if rule.party_kind is not None and rule.scope_exclusive_id is not None:
        party = rules.serving_exclusive.get((rule.party_kind, rule.scope_exclusive_id))
    return NOBODY if party is None else party.party_id


def _serving(rules: RuleSet, tree: Tree, kind: str, by: str) -> Ints:
    """Return the party of a kind that serves each unit, the nearest upwards."""
    own = np.full(len(tree.ids), NOBODY)
    found = {unit: party for (of, unit), party in rules.serving_unit.items() if of == kind}
    rows = tree.row_of(ints(list(found)))
    own[rows[rows >= 0]] = ints([party.party_id for party in found.values()])[rows >= 0]
    return tree.inherited(own, tree.legal_up if by == "legal" else tree.up)
