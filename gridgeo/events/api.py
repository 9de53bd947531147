"""Events: taken in once, placed, assigned, followed."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from gridgeo.access.api import requires
from gridgeo.db.requests import Reading, Writing
from gridgeo.dispatch.batch import DEFAULT_SCHEME
from gridgeo.dispatch.forms import (
    ExclusiveAnswer,
    PartyAnswer,
    PointAnswer,
    SecondAnswer,
    UnitAnswer,
)
from gridgeo.events import store
from gridgeo.events.model import Report, State
from gridgeo.geometry.crs import to_wgs84
from gridgeo.units.api import Box, Limit, parse_bbox
from gridgeo.units.store import parse_instant, resolve_version, unit_row

router = APIRouter(tags=["events"], prefix="/events")

CO_HANDLER = "co_handler"
"""The relation of a party that stands beside the lead; all others are second assignments."""


class EventIn(BaseModel):
    """A report; the same (channel, external_id) twice is one event. No caller, no phone."""

    channel: str = Field(min_length=1, max_length=40, description="See /channels.")
    external_id: str = Field(min_length=1, max_length=120, description="The channel's own number.")
    category: str = Field(min_length=1, max_length=24, description="See /categories.")
    scheme: str = Field(DEFAULT_SCHEME, max_length=40)
    lon: float = Field(allow_inf_nan=False)
    lat: float = Field(allow_inf_nan=False)
    crs: str = Field("EPSG:4326", max_length=40)
    accuracy_m: float = Field(0.0, ge=0, le=5000, allow_inf_nan=False)
    occurred_at: AwareDatetime
    description: str = Field("", max_length=4000)


class AnswerGiven(BaseModel):
    """An answer that was given about an event, in the words of its own map version."""

    seq: int
    decided_at: datetime
    cause: str
    map_version: int
    rule_set: int
    unit: UnitAnswer | None
    chain: list[UnitAnswer]
    exclusive: list[ExclusiveAnswer]
    border_m: float | None
    party: PartyAnswer
    rule_id: int
    reason: str
    handling: str
    mode: str | None
    co_handlers: list[PartyAnswer]
    seconds: list[SecondAnswer]


class EventAnswer(BaseModel):
    """An event; `current` is the last answer about it, `history` all of them."""

    event_id: int
    channel: str
    external_id: str
    category_scheme: str
    category: str
    category_name: str
    state: str
    point: PointAnswer
    accuracy_m: float
    occurred_at: datetime
    received_at: datetime
    description: str
    synthetic: bool
    current: AnswerGiven
    history: list[AnswerGiven]


class EventRow(BaseModel):
    """An event in a list."""

    event_id: int
    channel: str
    external_id: str
    category_scheme: str
    category: str
    state: str
    lon: float
    lat: float
    occurred_at: datetime
    received_at: datetime
    unit_code: str | None
    map_version: int
    synthetic: bool


class EventsAnswer(BaseModel):
    """Events, newest first; `next` is the id to continue before."""

    events: list[EventRow]
    next: int | None


@router.post(
    "",
    status_code=201,
    dependencies=[Depends(requires("write_events"))],
    responses={200: {"model": EventAnswer, "description": "The event was known already."}},
)
def create(conn: Writing, request: Request, response: Response, body: EventIn) -> EventAnswer:
    """Locate, assign and store a report in one transaction; once for each key."""
    lon, lat = to_wgs84(body.lon, body.lat, body.crs)
    report = Report(
        channel=body.channel,
        external_id=body.external_id,
        category_scheme=body.scheme,
        category=body.category,
        lon=float(lon),
        lat=float(lat),
        occurred_at=body.occurred_at,
        accuracy_m=body.accuracy_m,
        description=body.description,
    )
    event_id, is_new = store.take_in(conn, request.app.state.memory, report)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/events/{event_id}"
    return _event(store.event_row(conn, event_id))


@router.get("", dependencies=[Depends(requires("read_events"))])
def events(
    conn: Reading,
    unit: Annotated[str | None, Query(max_length=24)] = None,
    state: State | None = None,
    bbox: Box = None,
    since: Annotated[str | None, Query(max_length=40)] = None,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    limit: Limit = 100,
) -> EventsAnswer:
    """List events, newest first, by unit (and all below it), state, box and time."""
    version = resolve_version(conn).version
    if unit is not None:
        unit_row(conn, version, unit)
    rows = store.list_events(
        conn, version, unit=unit, state=state, bbox=parse_bbox(bbox), before=before,
        since=None if since is None else parse_instant(since, "since"), limit=limit + 1,
    )  # fmt: skip
    more = rows[limit - 1]["event_id"] if len(rows) > limit else None
    return EventsAnswer(events=[EventRow(**row) for row in rows[:limit]], next=more)


@router.get("/{event_id}", dependencies=[Depends(requires("read_events"))])
def event(conn: Reading, event_id: Annotated[int, Field(ge=1, le=2**62)]) -> EventAnswer:
    """Return one event with every answer given about it."""
    return _event(store.event_row(conn, event_id))


def _event(row: dict[str, Any]) -> EventAnswer:
    history = [_given(answer) for answer in row["answers"]]
    rest = {key: row[key] for key in EventAnswer.model_fields if key in row}
    point = PointAnswer(lon=row["lon"], lat=row["lat"])
    return EventAnswer(**rest, point=point, current=history[-1], history=history)


def _given(row: dict[str, Any]) -> AnswerGiven:
    chain = [UnitAnswer(**unit) for unit in row["chain"]]
    party = {key: row[f"party_{key}"] for key in PartyAnswer.model_fields}
    return AnswerGiven(
        **{key: row[key] for key in AnswerGiven.model_fields if key in row and key != "chain"},
        unit=chain[-1] if chain else None,
        chain=chain,
        party=PartyAnswer(**party),
        co_handlers=[
            PartyAnswer(**one["party"]) for one in row["beside"] if one["relation"] == CO_HANDLER
        ],
        seconds=[SecondAnswer(**one) for one in row["beside"] if one["relation"] != CO_HANDLER],
    )
