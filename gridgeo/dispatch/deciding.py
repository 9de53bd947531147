"""Placing and assigning a point in one go, with the caches that a process keeps for it."""

from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace
from psycopg import Connection
from psycopg_pool import ConnectionPool
from starlette.datastructures import State

from gridgeo.db.connect import read_transaction
from gridgeo.dispatch.model import NOTHING_AROUND, Around, Assignment, Matter, assign
from gridgeo.locate.live import Live
from gridgeo.locate.model import CityIndex, Placement, UnitRef
from gridgeo.locate.store import Indexes, index_of
from gridgeo.parties.book import Book
from gridgeo.parties.books import Books
from gridgeo.parties.calendars import DAILY, minute_of
from gridgeo.parties.model import RuleSet
from gridgeo.parties.store import require_category
from gridgeo.units.model import MapVersion
from gridgeo.units.store import is_version_number, parse_instant, resolve_version

DECISIONS_KEPT = 100_000

Decisions = dict[tuple[Hashable, ...], Assignment]
"""Assignments by what they depend on: version, rule set, leaf, exclusive grids and matter; where
rules ask for it also the conditions on time that hold, the modes on and the assets near."""


class Memory(Struct, frozen=True):
    """What a process remembers of versions and rule sets; both never change once made.

    `categories` are classes, as scheme and code, that were found to be known: none is ever removed.
    """

    indexes: Indexes = field(default_factory=lambda: Indexes(3))
    books: Books = field(default_factory=Books)
    categories: set[tuple[str, str]] = set()
    decisions: Decisions = {}


class Desk(Struct, frozen=True):
    """One map version and one book, ready to decide at an instant; None is whenever it is asked."""

    city: CityIndex
    book: Book
    instant: datetime | None = None
    decisions: Decisions = {}

    @property
    def rules(self) -> RuleSet:
        """The rule set that decides."""
        return self.book.rules

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
        unit_id = placement.unit.unit_id if placement.unit else None
        key: tuple[Hashable, ...] = (
            self.city.version.version, self.rules.key, unit_id, placement.exclusive, category,
            scheme,
        )  # fmt: skip
        instant, around = self.instant, NOTHING_AROUND
        if not self.book.is_plain:
            instant = instant or datetime.now(UTC)
            around = self.around(placement, instant)
            near = tuple((one.asset, tuple(r.rule_id for r in one.rules)) for one in around.near)
            key = (*key, self.book.holding(minute_of(instant)), around.modes, near)
        found = self.decisions.get(key)
        if found is None:
            matter = Matter(category, scheme, minute_of(instant or datetime.now(UTC)))
            found = assign(placement, self.rules, self.city.root, matter, around)
            if len(self.decisions) >= DECISIONS_KEPT:
                self.decisions.clear()
            self.decisions[key] = found
        return found

    def explained(
        self, placement: Placement, category: str | None, scheme: str | None, mode: str | None
    ) -> tuple[Assignment, Around, datetime]:
        """Return the assignment with its trace, what was around, and the instant of it.

        With a mode: as if just that one were on at the place.
        """
        instant = self.instant or datetime.now(UTC)
        around = self.around(placement, instant)
        if mode is not None:
            around = replace(around, modes=() if mode == DAILY else (mode,))
        matter = Matter(category, scheme, minute_of(instant))
        found = assign(placement, self.rules, self.city.root, matter, around, traced=True)
        return found, around, instant

    def around(self, placement: Placement, instant: datetime) -> Around:
        """Return the modes, assets and legal parents that bear on a placed point."""
        book, lon, lat = self.book, placement.lon, placement.lat
        return Around(
            self._modes_on(placement, instant) if book.periods else (),
            book.assets.near(lon, lat) if book.assets else (),
            self._legal_chain(placement) if book.legal else None,
        )

    def _modes_on(self, placement: Placement, instant: datetime) -> tuple[str, ...]:
        units = frozenset(unit.unit_id for unit in placement.chain)
        return self.book.modes_on(placement.lon, placement.lat, units, instant)

    def _legal_chain(self, placement: Placement) -> tuple[UnitRef, ...] | None:
        links = self.book.legal_parents(self.city.version.version)
        if not any(unit.unit_id in links for unit in placement.chain):
            return None
        climbed: dict[int, UnitRef] = {}
        step = placement.unit
        while step is not None and step.unit_id not in climbed:
            climbed[step.unit_id] = step
            above = links.get(step.unit_id, step.parent_id)
            step = None if above is None else self.city.units[above]
        return tuple(reversed(climbed.values()))


def desk_at(conn: Connection[Any], memory: Memory, version: MapVersion, instant: datetime) -> Desk:
    """Return the desk of a map version with what decided at an instant."""
    city = index_of(conn, memory.indexes, version)
    return Desk(city, memory.books.at(conn, instant), instant, memory.decisions)


class Desks(Struct, frozen=True):
    """Gives the desk of a request: the live one out of memory, any other by the database."""

    live: Live[Book]
    memory: Memory
    source: ConnectionPool

    def at_hand(self, category: str | None, scheme: str) -> Desk | None:
        """Return the live desk if it is in memory and the category is known there."""
        served = self.live.current()
        if served is None:
            return None
        if category is not None and (scheme, category) not in self.memory.categories:
            return None
        return Desk(served.city, served.rules, None, self.memory.decisions)

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
