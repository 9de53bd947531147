"""Where `gridgeo rules` takes a rule set from: what is live, a former set, or a document."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from psycopg import Connection, Rollback

from gridgeo.dispatch.deciding import Desk
from gridgeo.errors import NotFound, Refused
from gridgeo.locate.index_file import IndexFiles
from gridgeo.locate.model import CityIndex
from gridgeo.locate.store import load_index
from gridgeo.parties.books import Books
from gridgeo.parties.files.document import RuleDocument
from gridgeo.parties.files.reading import read_document
from gridgeo.parties.files.tables import Fault
from gridgeo.parties.load import (
    completed,
    document_of_set,
    known_city,
    list_rule_sets,
    load_document,
    with_rows,
)
from gridgeo.parties.store import city_zone
from gridgeo.parties.validate import validate
from gridgeo.settings import load_settings
from gridgeo.units.store import resolve_version

ACTOR = "gridgeo rules"
LIVE = "live"


@dataclass(frozen=True, slots=True)
class Checked:
    """A whole rule document, what is wrong with it or doubtful, and what was live."""

    document: RuleDocument
    faults: list[Fault]
    live: RuleDocument
    zone: tzinfo

    @property
    def errors(self) -> list[Fault]:
        """The faults that refuse it."""
        return [fault for fault in self.faults if fault.severity == "error"]

    def require_sound(self) -> None:
        """Raise `Refused` if it has an error; the faults are the problems."""
        if self.errors:
            raise Refused(
                f"{len(self.errors)} error(s) in the rules; nothing was changed. "
                "`gridgeo rules check` lists them.",
                problems=[as_row(fault) for fault in self.errors],
            )


def checked(conn: Connection[Any], path: Path | None) -> Checked:
    """Read and check a document, filled with the live tables that it leaves out; None: the live."""
    known, live, now = known_city(conn), document_of_set(conn), datetime.now(UTC)
    if path is None:
        whole = with_rows(live, known.zone)
        return Checked(whole, validate(whole, known, now), live, known.zone)
    document, faults = read_document(path, known.zone)
    whole = completed(document, live, known.zone)
    return Checked(whole, faults or validate(whole, known, now), live, known.zone)


def source_of(conn: Connection[Any], name: str) -> RuleDocument:
    """Return a rule set by name: "live", the number of a set, or the path of a document.

    Raises
    ------
    NotFound
        There is no set of that number.
    Refused
        The document has faults.
    """
    if name == LIVE:
        return document_of_set(conn)
    if name.isdecimal():
        number = int(name)
        if not list_rule_sets(conn, 1, number):
            raise NotFound(f"There is no rule set {number}.", key="set", value=number)
        return document_of_set(conn, number)
    zone = city_zone(conn)
    document, faults = read_document(Path(name), zone)
    if faults:
        raise Refused(str(faults[0]), problems=[as_row(fault) for fault in faults])
    return completed(document, document_of_set(conn), zone)


@contextmanager
def desk_of(conn: Connection[Any], path: Path | None, at: datetime) -> Iterator[Desk]:
    """Give the desk of the live map with the rules of a document, as if it were loaded.

    Without a document the rules are those that held at the instant. Nothing stays.
    """
    city = live_city(conn)
    with conn.transaction():
        if path is None:
            yield Desk(city, Books().at(conn, at), at)
        else:
            found = checked(conn, path)
            found.require_sound()
            load_document(conn, found.document, found.live, ACTOR)
            yield Desk(city, Books().now(conn), at)
        raise Rollback


def live_city(conn: Connection[Any]) -> CityIndex:
    """Return the live map: out of the file that servers keep of it, or read anew."""
    head = resolve_version(conn)
    kept = IndexFiles(load_settings().index_folder).newest(conn)
    return kept if kept is not None and kept.version == head else load_index(conn, head)


def as_row(fault: Fault) -> dict[str, Any]:
    """Return a fault for JSON."""
    return {
        "kind": fault.kind,
        "severity": fault.severity,
        "file": fault.file,
        "line": fault.line or None,
        "key": fault.key,
        "value": fault.value,
        "message": fault.message,
    }
