"""Placing and assigning a point in one go, with the caches that a process keeps for it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import Connection

from gridgeo.dispatch.model import Assignment, assign
from gridgeo.locate.model import CityIndex, Placement
from gridgeo.locate.store import Indexes, index_of
from gridgeo.parties.model import RuleSet
from gridgeo.parties.store import RuleSets, rules_at
from gridgeo.units.model import MapVersion


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process remembers of versions and rule sets; both never change once made."""

    indexes: Indexes = field(default_factory=lambda: Indexes(3))
    rule_sets: RuleSets = field(default_factory=lambda: RuleSets(3))


@dataclass(frozen=True, slots=True)
class Desk:
    """One map version and one rule set, ready to decide."""

    city: CityIndex
    rules: RuleSet

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
        return placement, assign(placement, self.rules, self.city.root, category, scheme)


def desk_at(conn: Connection[Any], memory: Memory, version: MapVersion, instant: datetime) -> Desk:
    """Return the desk of a map version with the rules valid at an instant."""
    return Desk(index_of(conn, memory.indexes, version), rules_at(conn, memory.rule_sets, instant))
