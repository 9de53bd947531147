"""Placing and assigning a point in one go, with the caches that a process keeps for it."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection
from psycopg_pool import ConnectionPool
from starlette.datastructures import State

from gridgeo.db.connect import read_transaction
from gridgeo.dispatch.model import Assignment, assign
from gridgeo.locate.live import Live
from gridgeo.locate.model import CityIndex, Placement
from gridgeo.locate.store import Indexes, index_of
from gridgeo.parties.model import RuleSet
from gridgeo.parties.store import RuleSets, require_category, rules_at
from gridgeo.units.model import MapVersion
from gridgeo.units.store import is_version_number, parse_instant, resolve_version

DECISIONS_KEPT = 100_000

Decisions = dict[tuple[Hashable, ...], Assignment]
"""Assignments by what they depend on: version, rule set, leaf, exclusive grids and matter."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process remembers of versions and rule sets; both never change once made.

    `categories` are classes, as scheme and code, that were found to be known: none is ever removed.
    """

    indexes: Indexes = field(default_factory=lambda: Indexes(3))
    rule_sets: RuleSets = field(default_factory=lambda: RuleSets(3))
    categories: set[tuple[str, str]] = field(default_factory=set)
    decisions: Decisions = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """One map version and one rule set, ready to decide."""

    city: CityIndex
    rules: RuleSet
    decisions: Decisions = field(default_factory=dict)

    def decide(
        self,
        lon: float,
        lat: float,
        accuracy_m: float = 0.0,
        category: str | None = None,
        scheme: str | None = None,
    ) -> tuple[Placement, Assignment]:
        """Return where a point is and whose it is."""
        placement = self.city.place(lon, lat, accuracy_m)
        return placement, self.assigned(placement, category, scheme)

    def assigned(
        self, placement: Placement, category: str | None = None, scheme: str | None = None
    ) -> Assignment:
        """Return whose a placed point is; the same for every point of a leaf, so it is kept."""
        version, rule_set = self.city.version.version, self.rules.rule_set
        unit_id = placement.unit.unit_id if placement.unit else None
        key = version, rule_set, unit_id, placement.exclusive, category, scheme
        found = self.decisions.get(key)
        if found is None:
            found = assign(placement, self.rules, self.city.root, category, scheme)
            if len(self.decisions) >= DECISIONS_KEPT:
                self.decisions.clear()
            self.decisions[key] = found
        return found


def desk_at(conn: Connection[Any], memory: Memory, version: MapVersion, instant: datetime) -> Desk:
    """Return the desk of a map version with the rules valid at an instant."""
    city = index_of(conn, memory.indexes, version)
    return Desk(city, rules_at(conn, memory.rule_sets, instant), memory.decisions)


@dataclass(frozen=True, slots=True)
class Desks:
    """Gives the desk of a request: the live one out of memory, any other by the database."""

    live: Live[RuleSet]
    memory: Memory
    source: ConnectionPool

    def at_hand(self, category: str | None, scheme: str) -> Desk | None:
        """Return the live desk if it is in memory and the category is known there."""
        served = self.live.current()
        if served is None:
            return None
        if category is not None and (scheme, category) not in self.memory.categories:
            return None
        return Desk(served.city, served.rules, self.memory.decisions)

    def at(self, at: str | None, category: str | None, scheme: str) -> Desk:
        """Return the desk of an instant or version, None for the live one.

        Raises
        ------
        UnknownKeyword
            Nobody knows the category.
        BadInput, NotFound, Unavailable
            As `resolve_version`.
        """
        desk = self.at_hand(category, scheme) if at is None else None
        if desk is not None:
            return desk
        with read_transaction(self.source) as conn:
            if category is not None:
                require_category(conn, scheme, category)
                self.memory.categories.add((scheme, category))
            desk = self.at_hand(category, scheme) if at is None else None
            return desk or self._read(conn, at)

    def _read(self, conn: Connection[Any], at: str | None) -> Desk:
        version = resolve_version(conn, at)
        instant = datetime.now(UTC) if at is None or is_version_number(at) else parse_instant(at)
        return desk_at(conn, self.memory, version, instant)


def desks_of(state: State) -> Desks:
    """Return the desks of an application."""
    return Desks(state.live, state.memory, state.read_pool)
