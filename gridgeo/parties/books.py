"""Reading the book by which a process decides, and keeping what has not changed."""

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import shapely
from psycopg import Connection
from psycopg_pool import ConnectionPool

from gridgeo.db.cache import ImmutableCache
from gridgeo.db.connect import patient_read_transaction
from gridgeo.db.sql import statement
from gridgeo.geometry.crs import Planar
from gridgeo.parties.array_files import ArrayFiles, Arrays
from gridgeo.parties.assets import Asset, AssetIndex, AssetShapes, reach_of
from gridgeo.parties.book import Book, LegalLink
from gridgeo.parties.model import RuleSet
from gridgeo.parties.modes import mode_periods
from gridgeo.parties.store import load_columns, load_rule_set, rule_set_at
from gridgeo.units.store import read_profile

BOOK_STATE = statement(__package__, "book_state")
LEGAL_LINKS = statement(__package__, "legal_links")
ASSETS_MEANT = statement(__package__, "assets_meant")

RENEW_PAUSE_S = 10.0
"""So long after a failure changed assets are not read again."""

log = logging.getLogger("gridgeo")


class State(NamedTuple):
    """What a book depends on.

    The rule set and the transaction that wrote it, how many classes there are, the switchings of
    modes, the newest map version, the states of the assets.
    """

    rule_set: int
    valid_from: datetime
    written_by: str
    classes: int
    switchings: int
    version: int
    assets: str
    """As the database says."""
    held: str
    """Of the assets at hand, which answer until those of `assets` are read."""

    @property
    def rules(self) -> tuple[int, int]:
        """What tells its rules from others: a class may come after a set."""
        return self.rule_set, self.classes


Meant = tuple[tuple[str | None, str | None], ...]
"""Kinds and names of the assets that rules speak of."""


class Books:
    """The books of a process. A rule set, the assets and the legal parents are read once.

    Assets are those of the first book until `renew` has read what changed: that takes seconds on a
    whole city, for which nobody waits.

    Parameters
    ----------
    kept : int
        How many of each kind stay.
    files : ArrayFiles, optional
        Where rules and assets of now are kept for the next start and for the other workers.
    """

    def __init__(self, kept: int = 3, files: ArrayFiles | None = None) -> None:
        self._files = files
        self._rule_sets: ImmutableCache[tuple[int, int], RuleSet] = ImmutableCache(kept)
        self._assets: ImmutableCache[tuple[str, Meant, float], AssetShapes] = ImmutableCache(kept)
        self._legal: ImmutableCache[int, tuple[LegalLink, ...]] = ImmutableCache(kept)
        self._now: tuple[State, Book] | None = None
        self._assets_seen: str | None = None
        self._assets_held: str | None = None
        self._renewing: threading.Thread | None = None
        self._not_before = 0.0

    def now(self, conn: Connection[Any]) -> Book:
        """Return the book of this instant; the same object for as long as nothing changes.

        Raises `Unavailable` when there are no rules at all.
        """
        instant = datetime.now(UTC)
        state = self._state(conn, instant)
        known, key = self._now, state._replace(assets=state.held)
        if known is None or known[0] != key:
            known = self._now = key, self._read(conn, instant, state, self._files)
        return known[1]

    def at(self, conn: Connection[Any], instant: datetime) -> Book:
        """Return the book of an instant; raises as `now`."""
        return self._read(conn, instant, self._state(conn, instant), None)

    def within(self, conn: Connection[Any], instant: datetime) -> Book:
        """Return the book of an instant in a transaction that may be rolled back; raises as `now`.

        Rules and links that only the transaction may see are read and not kept.
        """
        state = self._state(conn, instant)
        rules = self._rule_sets.peek(state.rules) or _derived(conn, state, None)
        legal = _legal(conn) if rules.climbs_legally else ()
        return self._book(conn, instant, state, rules, legal, None)

    def renew(self, source: ConnectionPool) -> None:
        """Have assets that have changed read, in a thread of its own; the book after has them."""
        if self.is_current or time.monotonic() < self._not_before:
            return
        if self._renewing is None or not self._renewing.is_alive():
            self._renewing = threading.Thread(
                target=self._read_assets, args=(source,), daemon=True, name="assets"
            )
            self._renewing.start()

    @property
    def is_current(self) -> bool:
        """Whether no assets were seen to have changed that are not read."""
        return self._assets_seen == self._assets_held

    def _read_assets(self, source: ConnectionPool) -> None:
        try:
            with patient_read_transaction(source) as conn:
                state = _state(conn, datetime.now(UTC))
                if self._now is not None and self._now[1].rules.of_asset:
                    self._assets_of(conn, state, self._now[1].rules, self._files)
                self._assets_held = state.assets
        except Exception:  # whatever it is, the assets before answer on, and this says so
            log.exception("changed assets were not read; those before are served on")
            self._not_before = time.monotonic() + RENEW_PAUSE_S

    def _state(self, conn: Connection[Any], instant: datetime) -> State:
        state = _state(conn, instant)
        self._assets_seen = state.assets
        if self._assets_held is None:
            self._assets_held = state.assets
        return state._replace(held=self._assets_held)

    def _read(
        self, conn: Connection[Any], instant: datetime, state: State, files: ArrayFiles | None
    ) -> Book:
        rules = self._rule_sets.get(state.rules, lambda: _derived(conn, state, files))
        climbs = rules.climbs_legally
        legal = self._legal.get(state.version, lambda: _legal(conn)) if climbs else ()
        return self._book(conn, instant, state, rules, legal, files)

    def _book(
        self,
        conn: Connection[Any],
        instant: datetime,
        state: State,
        rules: RuleSet,
        legal: Sequence[LegalLink],
        files: ArrayFiles | None,
    ) -> Book:
        return Book(
            rules,
            mode_periods(conn, instant) if rules.modes else (),
            self._assets_of(conn, state, rules, files) if rules.of_asset else None,
            legal,
        )

    def _assets_of(
        self, conn: Connection[Any], state: State, rules: RuleSet, files: ArrayFiles | None
    ) -> AssetIndex:
        """Return the assets that rules name; another rule set about the same reads none again."""
        words = {(rule.asset_kind, rule.asset_name) for rule in rules.of_asset}
        meant, reach_m = tuple(sorted(words, key=repr)), reach_of(rules.of_asset)
        shapes = self._assets.peek((state.held, meant, reach_m))
        if shapes is None:
            shapes = self._assets.get(
                (state.assets, meant, reach_m),
                lambda: _shapes(conn, state.assets, meant, reach_m, files),
            )
        return AssetIndex(shapes, rules.of_asset)


def _state(conn: Connection[Any], instant: datetime) -> State:
    number, valid_from = rule_set_at(conn, instant)
    row = conn.execute(BOOK_STATE, {"rule_set": number}).fetchone()
    assert row is not None
    return State(number, valid_from, *(*row, row[-1]))


def _derived(conn: Connection[Any], state: State, files: ArrayFiles | None) -> RuleSet:
    number, valid_from = state.rule_set, state.valid_from

    def read() -> Arrays:
        return load_columns(conn, number)

    made_by = number, valid_from.timestamp(), state.written_by
    columns = read() if files is None else files.contents(conn, "rules", made_by, read)
    rules = load_rule_set(conn, number, valid_from, columns)
    rules.derive()
    return rules


def _shapes(
    conn: Connection[Any], state: str, meant: Meant, reach_m: float, files: ArrayFiles | None
) -> AssetShapes:
    planar = Planar(read_profile(conn).planar_srid)

    def read() -> Arrays:
        return AssetShapes.of(_assets(conn, meant), planar, reach_m).columns

    asked = state, meant, reach_m, planar.srid
    columns = read() if files is None else files.contents(conn, "assets", asked, read)
    return AssetShapes(columns, planar)


def _assets(conn: Connection[Any], meant: Meant) -> list[Asset]:
    query = {"kinds": [kind for kind, _ in meant], "names": [name for _, name in meant]}
    with conn.cursor(binary=True) as cursor:
        rows = cursor.execute(ASSETS_MEANT, query).fetchall()
    shapes = shapely.from_wkb([row[2] for row in rows]).tolist()
    return [Asset(frozenset(row[0]), row[1], s) for row, s in zip(rows, shapes, strict=True)]


def _legal(conn: Connection[Any]) -> tuple[LegalLink, ...]:
    return tuple(LegalLink(*row) for row in conn.execute(LEGAL_LINKS))
