"""Reading the book by which a process decides, and keeping what has not changed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import shapely
from psycopg import Connection

from gridgeo.db.cache import ImmutableCache
from gridgeo.db.sql import statement
from gridgeo.geometry.crs import Planar
from gridgeo.parties.asset_file import AssetFiles
from gridgeo.parties.assets import Asset, AssetIndex, AssetShapes, reach_of
from gridgeo.parties.book import Book, LegalLink
from gridgeo.parties.model import RuleSet
from gridgeo.parties.modes import mode_periods
from gridgeo.parties.store import load_rule_set, rule_set_at
from gridgeo.units.store import read_profile

BOOK_STATE = statement(__package__, "book_state")
LEGAL_LINKS = statement(__package__, "legal_links")
ASSETS_MEANT = statement(__package__, "assets_meant")

State = tuple[int, int, int, int]
"""Rule set, number of classes, switchings of modes, newest map version."""

Meant = tuple[tuple[str | None, str | None], ...]
"""Kinds and names of the assets that rules speak of."""


class Books:
    """The books of a process. A rule set, the assets and the legal parents are read once.

    Rule sets are told apart by their number and by how many classes there are: a class may come
    after a set.

    Parameters
    ----------
    kept : int
        How many of each kind stay.
    files : AssetFiles, optional
        Where assets are kept for the next start and for the other workers.
    """

    def __init__(self, kept: int = 3, files: AssetFiles | None = None) -> None:
        self._files = files
        self._rule_sets: ImmutableCache[tuple[int, int], RuleSet] = ImmutableCache(kept)
        self._assets: ImmutableCache[tuple[Meant, float], AssetShapes] = ImmutableCache(kept)
        self._legal: ImmutableCache[int, tuple[LegalLink, ...]] = ImmutableCache(kept)
        self._now: tuple[State, Book] | None = None

    def now(self, conn: Connection[Any]) -> Book:
        """Return the book of this instant; the same object for as long as nothing changes.

        Raises `Unavailable` when there are no rules at all.
        """
        instant = datetime.now(UTC)
        state, valid_from = _state(conn, instant)
        known = self._now
        if known is None or known[0] != state:
            known = self._now = state, self._read(conn, instant, state, valid_from)
        return known[1]

    def at(self, conn: Connection[Any], instant: datetime) -> Book:
        """Return the book of an instant; raises as `now`."""
        state, valid_from = _state(conn, instant)
        return self._read(conn, instant, state, valid_from)

    def within(self, conn: Connection[Any], instant: datetime) -> Book:
        """Return the book of an instant in a transaction that may be rolled back; raises as `now`.

        Rules and links that only the transaction may see are read and not kept.
        """
        (number, classes, _, _), valid_from = _state(conn, instant)
        known = self._rule_sets.peek((number, classes))
        rules = known or _derived(conn, number, valid_from)
        return self._book(conn, rules, instant, _legal(conn) if rules.climbs_legally else ())

    def _read(
        self, conn: Connection[Any], instant: datetime, state: State, valid_from: datetime
    ) -> Book:
        number, classes, _, version = state
        key = number, classes
        rules = self._rule_sets.get(key, lambda: _derived(conn, number, valid_from))
        climbs = rules.climbs_legally
        legal = self._legal.get(version, lambda: _legal(conn)) if climbs else ()
        return self._book(conn, rules, instant, legal)

    def _book(
        self, conn: Connection[Any], rules: RuleSet, instant: datetime, legal: Sequence[LegalLink]
    ) -> Book:
        return Book(
            rules,
            mode_periods(conn, instant) if rules.modes else (),
            self._assets_of(conn, rules) if rules.of_asset else None,
            legal,
        )

    def _assets_of(self, conn: Connection[Any], rules: RuleSet) -> AssetIndex:
        """Return the assets that rules name; another rule set about the same reads none again."""
        words = {(rule.asset_kind, rule.asset_name) for rule in rules.of_asset}
        meant, reach_m = tuple(sorted(words, key=repr)), reach_of(rules.of_asset)
        shapes = self._assets.get((meant, reach_m), lambda: self._shapes(conn, meant, reach_m))
        return AssetIndex(shapes, rules.of_asset)

    def _shapes(self, conn: Connection[Any], meant: Meant, reach_m: float) -> AssetShapes:
        planar = Planar(read_profile(conn).planar_srid)

        def read() -> AssetShapes:
            return AssetShapes.of(_assets(conn, meant), planar, reach_m)

        if self._files is None:
            return read()
        return self._files.shapes(conn, (meant, reach_m), planar, read)


def _state(conn: Connection[Any], instant: datetime) -> tuple[State, datetime]:
    number, valid_from = rule_set_at(conn, instant)
    row = conn.execute(BOOK_STATE).fetchone()
    assert row is not None
    return (number, *row), valid_from


def _derived(conn: Connection[Any], number: int, valid_from: datetime) -> RuleSet:
    rules = load_rule_set(conn, number, valid_from)
    rules.derive()
    return rules


def _assets(conn: Connection[Any], meant: Meant) -> list[Asset]:
    query = {"kinds": [kind for kind, _ in meant], "names": [name for _, name in meant]}
    with conn.cursor(binary=True) as cursor:
        rows = cursor.execute(ASSETS_MEANT, query).fetchall()
    shapes = shapely.from_wkb([row[2] for row in rows]).tolist()
    return [Asset(frozenset(row[0]), row[1], s) for row, s in zip(rows, shapes, strict=True)]


def _legal(conn: Connection[Any]) -> tuple[LegalLink, ...]:
    return tuple(LegalLink(*row) for row in conn.execute(LEGAL_LINKS))
