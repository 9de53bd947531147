"""Events: taking them in, once each, and keeping them in their right home."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from gridgeo.access.masking import mask
from gridgeo.db.sql import statement
from gridgeo.dispatch.deciding import Desk, Memory, desk_at
from gridgeo.dispatch.model import Assignment
from gridgeo.errors import DuplicateEvent, NotFound, UnknownKeyword
from gridgeo.events.model import CLOSED_STATES, Report
from gridgeo.locate.model import Placement
from gridgeo.locate.store import load_index
from gridgeo.parties.books import Books
from gridgeo.parties.store import require_category
from gridgeo.units.model import Publication
from gridgeo.units.store import lock_map_shared, resolve_version

CLAIM_KEY = statement(__package__, "claim_key")
EVENT_OF_KEY = statement(__package__, "event_of_key")
INSERT_EVENT = statement(__package__, "insert_event")
INSERT_ASSIGNMENT = statement(__package__, "insert_assignment")
EVENTS_IN_BOX = statement(__package__, "events_in_box")
MOVE_EVENT = statement(__package__, "move_event")
EVENT_BY_ID = statement(__package__, "event_by_id")
ASSIGNMENTS_OF_EVENT = statement(__package__, "assignments_of_event")
LIST_EVENTS = statement(__package__, "list_events")
CHANNEL_KNOWN = statement(__package__, "channel_known")


def take_in(
    conn: Connection[Any], memory: Memory, report: Report, *, synthetic: bool = False
) -> tuple[int, bool]:
    """Locate, assign and store a report in the caller's transaction; once for each key.

    The head of the map cannot move until the transaction ends, so no event lands in a home that a
    publication has just redrawn.

    Returns
    -------
    (int, bool)
        The event's id, and whether it is new.

    Raises
    ------
    UnknownKeyword
        No such channel or category.
    DuplicateEvent
        The key was used before with other content.
    """
    _require_channel(conn, report.channel)
    require_category(conn, report.category_scheme, report.category)
    lock_map_shared(conn)
    instant = datetime.now(UTC)
    desk = desk_at(conn, memory, resolve_version(conn), instant)
    placement, assignment = desk.decide(
        report.lon, report.lat, report.accuracy_m, report.category, report.category_scheme
    )
    key = {"channel": report.channel, "external_id": report.external_id}
    claimed = conn.execute(CLAIM_KEY, key).fetchone()
    if claimed is None:
        return _known_event(conn, report, key), False
    event_id, received_at = claimed
    conn.execute(
        INSERT_EVENT,
        {
            **asdict(report),
            "description": mask(report.description),
            "event_id": event_id,
            "received_at": received_at,
            "unit_id": placement.unit.unit_id if placement.unit else None,
            "map_version": placement.version.version,
            "content_hash": report.content_hash,
            "synthetic": synthetic,
        },
    )
    conn.execute(INSERT_ASSIGNMENT, _answer(event_id, "intake", instant, placement, assignment))
    return event_id, True


def _require_channel(conn: Connection[Any], channel: str) -> None:
    row = conn.execute(CHANNEL_KNOWN, {"channel": channel}).fetchone()
    if row is None or not row[0]:
        raise UnknownKeyword(
            f"There is no intake channel {channel!r}; GET /channels lists them.",
            key="channel",
            value=channel,
        )


def _known_event(conn: Connection[Any], report: Report, key: dict[str, str]) -> int:
    row = conn.execute(EVENT_OF_KEY, key).fetchone()
    assert row is not None
    if row[1] != report.content_hash:
        raise DuplicateEvent(
            f"{report.channel} has sent {report.external_id!r} before with another place, time or "
            f"category: it is event {row[0]}. Use a new external_id for a new event.",
            key="external_id",
            value=report.external_id,
        )
    return int(row[0])


def _answer(
    event_id: int, cause: str, instant: datetime, placement: Placement, assignment: Assignment
) -> dict[str, Any]:
    """Return an answer about an event as it is kept."""
    return {
        "event_id": event_id,
        "decided_at": instant,
        "cause": cause,
        "map_version": placement.version.version,
        "rule_set": assignment.rule_set,
        "unit_id": placement.unit.unit_id if placement.unit else None,
        "chain": [unit.unit_id for unit in placement.chain],
        "exclusive_ids": [grid.exclusive_id for grid in placement.exclusive],
        "border_m": placement.border.distance_m if placement.border else None,
        "party_id": assignment.party.party_id,
        "rule_id": assignment.rule_id,
        "reason": assignment.reason,
        "handling": assignment.handling,
        "mode": assignment.mode,
        "beside": Jsonb([
            {"relation": relation, "party_id": party.party_id}
            for relation, party in (
                *(("co_handler", party) for party in assignment.co_handlers),
                *((second.relation, second.party) for second in assignment.seconds),
            )
        ]),
    }  # fmt: skip


def follow(conn: Connection[Any], publication: Publication, books: Books | None = None) -> None:
    """Bring every event in the touched box home, and re-assign the open ones; follows `publish`.

    An open event that stays at home gets a new answer if its units or its exclusive grids change.
    `books` are those that the process keeps, so that rules and assets are not read again.
    """
    around = publication.answered or publication.box
    if around is None:
        return
    west, south, east, north = around
    box = {"west": west, "south": south, "east": east, "north": north}
    with conn.cursor(row_factory=dict_row) as cursor:
        query = {**box, "closed": sorted(CLOSED_STATES)}
        rows = cursor.execute(EVENTS_IN_BOX, query).fetchall()
    if not rows:
        return
    city = load_index(conn, publication.version, around)
    instant = publication.version.valid_from
    desk = Desk(city, (books or Books()).within(conn, instant), instant)
    homes = city.index.locate([row["lon"] for row in rows], [row["lat"] for row in rows])
    moved = [
        {
            "event_id": row["event_id"],
            "received_at": row["received_at"],
            "unit_id": None if home < 0 else home,
            "map_version": publication.version.version,
        }
        for row, home in zip(rows, homes.tolist(), strict=True)
        if row["unit_id"] != (None if home < 0 else home)
    ]
    answers = [answer for row in rows for answer in _answers_anew(desk, row)]
    with conn.cursor() as cursor:
        cursor.executemany(MOVE_EVENT, moved)
        cursor.executemany(INSERT_ASSIGNMENT, answers)


def _answers_anew(desk: Desk, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the new answer about an open event whose units or exclusive grids have changed."""
    if row["chain"] is None:
        return
    placement, assignment = desk.decide(
        row["lon"], row["lat"], row["accuracy_m"], row["category"], row["category_scheme"]
    )
    chain = [unit.unit_id for unit in placement.chain]
    exclusive = {grid.exclusive_id for grid in placement.exclusive}
    if (chain, exclusive) != (row["chain"], set(row["exclusive_ids"])):
        instant = desk.city.version.valid_from
        yield _answer(row["event_id"], "publication", instant, placement, assignment)


def event_row(conn: Connection[Any], event_id: int) -> dict[str, Any]:
    """Return one event with every answer given about it; raises `NotFound`."""
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(EVENT_BY_ID, {"event_id": event_id}).fetchone()
        if row is None:
            raise NotFound(f"There is no event {event_id}.", key="event_id", value=event_id)
        answers = cursor.execute(ASSIGNMENTS_OF_EVENT, {"event_id": event_id}).fetchall()
    return {**row, "answers": answers}


def list_events(conn: Connection[Any], version: int, **query: object) -> list[dict[str, Any]]:
    """Return events, newest first; `query` holds the parameters of `list_events.sql`."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST_EVENTS, {"version": version, **query}).fetchall()
