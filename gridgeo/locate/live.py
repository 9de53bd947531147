"""The live city: what this process answers by, brought to the head of the map in the background.

A publication is followed by patching the city in memory; while that lasts, or after it failed, the
city before answers on, and `Live.standing` says so.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Generic, Protocol, TypeVar

import psycopg
from msgspec import Struct
from psycopg import Connection
from psycopg.errors import QueryCanceled
from psycopg_pool import ConnectionPool

from gridgeo.db.connect import patient_read_transaction
from gridgeo.errors import Unavailable
from gridgeo.locate.index_file import IndexFiles
from gridgeo.locate.model import CityIndex
from gridgeo.locate.store import Indexes, follow, load_head
from gridgeo.units.model import MapVersion
from gridgeo.units.store import head_version

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0

SAVE_AFTER_S = 10.0
"""A patched city is written to its file once no publication has come for so long."""

log = logging.getLogger("gridgeo")

Rules = TypeVar("Rules")


class Served(Struct, Generic[Rules], frozen=True):
    """One city and the rules that go with it: take it once for a request, and use only this."""

    city: CityIndex
    rules: Rules

    @property
    def version(self) -> int:
        """Number of the map version."""
        return self.city.version.version


class Standing(Struct, frozen=True):
    """The version that answers, the newest that was seen, and for how long they have differed."""

    version: int | None
    head: int | None
    behind_s: float


class Watch(Protocol):
    """Who is told how a city is followed."""

    def followed(self, how: str) -> None:
        """Note that a version was followed by `file`, `patch` or `reload`, or that it `failed`."""

    def stands(self, standing: Standing) -> None:
        """Note the present standing."""


class Live(Generic[Rules]):
    """What this process answers by; replaced in one step, so a reader needs no lock.

    Parameters
    ----------
    source : ConnectionPool
        Where the map is read.
    indexes : Indexes
        The cities that the process keeps by version; the live one is put there too.
    files : IndexFiles or None
        Where cities are kept for the next start and for the other workers.
    read_rules : callable
        Returns the rules valid now; raises `Unavailable` when there are none yet.
    watch : Watch
        Who is told.
    """

    def __init__(
        self,
        source: ConnectionPool,
        indexes: Indexes,
        files: IndexFiles | None,
        read_rules: Callable[[Connection[Any]], Rules],
        watch: Watch,
    ) -> None:
        self._source = source
        self._indexes = indexes
        self._files = files
        self._read_rules = read_rules
        self._watch = watch
        self._city: CityIndex | None = None
        self._served: Served[Rules] | None = None
        self._head: int | None = None
        self._behind_since: float | None = None
        self._patched_at: float | None = None
        self._may_patch = True
        self._pause_s, self._not_before = 0.0, 0.0
        self._turn = threading.Lock()

    def current(self) -> Served[Rules] | None:
        """Return the live city with its rules, asking no database; None before both are there.

        One call for each request: two calls may give two versions.
        """
        return self._served

    @property
    def standing(self) -> Standing:
        """How the city that answers stands to the newest version seen."""
        since, head, city = self._behind_since, self._head, self._city
        version = None if city is None else city.version.version
        behind_s = 0.0 if since is None or version == head else time.monotonic() - since
        return Standing(version, head, behind_s)

    def open(self) -> None:
        """Serve the city of the file, patched to the head if that will do; else read the map.

        What a file holds answers at once, and `refresh` brings it to the head. Never raises.
        """
        with self._turn:
            if self._files is not None:
                self._files.read_ahead()
            self._guarded(lambda: self._look(first=True))

    def refresh(self) -> None:
        """Bring what is served to the head and to the rules valid now; never raises.

        After a failure the city before is served on; the map is read anew after a pause that
        doubles from `FIRST_PAUSE_S` to `LONGEST_PAUSE_S`, and calls meanwhile do nothing.
        """
        with self._turn:
            if time.monotonic() >= self._not_before:
                self._guarded(lambda: self._look(first=False))

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
            self._pause_s = 0.0
        except QueryCanceled:
            self._note_failure()
        except psycopg.OperationalError as error:
            log.warning("the database did not say which map is live", extra={"error": str(error)})
        except Exception:  # whatever it is, the map before answers on, and this says so
            self._note_failure()
        self._watch.stands(self.standing)

    def _note_failure(self) -> None:
        self._may_patch = False
        self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self._not_before = time.monotonic() + self._pause_s
        self._watch.followed("failed")
        log.exception("the map was not followed; the version before is served on")

    def _look(self, first: bool) -> None:
        before = self._city
        with patient_read_transaction(self._source) as conn:
            head = head_version(conn)
            if head is None:
                return
            rules = self._rules(conn)
            if self._city is None and self._files is not None:
                self._take(self._files.newest(conn), "file", rules)
            self._note_head(head)
            self._watch.stands(self.standing)
            if self._city is not None and self._city.version != head and self._may_patch:
                self._take(self._patched(conn, self._city, head), "patch", rules)
            self._serve(rules)
        behind = self._city is None or self._city.version != head
        if behind and not (first and self._city is not None):
            head = self._reload()
        self._note_head(head)
        self._save()
        if before is not None and self._city is before:  # others have followed the last change
            before.warm()

    def _patched(
        self, conn: Connection[Any], before: CityIndex, head: MapVersion
    ) -> CityIndex | None:
        if head.version <= before.version.version:
            return None
        return follow(conn, before, head)

    def _reload(self) -> MapVersion:
        """Read the head; of several workers one does it, and the others take its file."""
        locked = nullcontext() if self._files is None else self._files.locked()
        with locked, patient_read_transaction(self._source) as conn:
            city = None if self._files is None else self._files.newest(conn)
            if city is None or city.version != head_version(conn):
                city = load_head(conn)
                city = city if self._files is None else self._files.kept(conn, city)
            self._take(city, "reload", self._rules(conn))
        return city.version

    def _take(self, city: CityIndex | None, how: str, rules: Rules | None) -> None:
        if city is None:
            return
        known = self._indexes.get(city.version.version, lambda: city)
        self._city = known if known.version == city.version else city
        self._serve(rules)
        self._may_patch = True
        self._patched_at = time.monotonic() if how == "patch" else None
        self._watch.followed(how)
        log.info("the map is in memory", extra={"version": city.version.version, "by": how})

    def _rules(self, conn: Connection[Any]) -> Rules | None:
        try:
            return self._read_rules(conn)
        except Unavailable:
            return None

    def _serve(self, rules: Rules | None) -> None:
        if self._city is None or rules is None:
            return
        now = self._served
        if now is None or now.city is not self._city or now.rules is not rules:
            self._served = Served(self._city, rules)

    def _note_head(self, head: MapVersion) -> None:
        self._head = head.version
        if self._city is not None and self._city.version == head:
            self._behind_since = None
        elif self._behind_since is None:
            self._behind_since = time.monotonic()

    def _save(self) -> None:
        """Write the city to its file when it was patched and publications have paused."""
        city, files, since = self._city, self._files, self._patched_at
        if city is None or files is None or since is None:
            return
        if time.monotonic() - since >= SAVE_AFTER_S:
            self._patched_at = None
            with files.locked(), patient_read_transaction(self._source) as conn:
                if not files.has(conn, city.version):
                    files.kept(conn, city)
