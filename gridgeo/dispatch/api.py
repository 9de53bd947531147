"""`/locate`: who owns this place, for this kind of matter, now or then; and why."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from msgspec import to_builtins
from pydantic import BaseModel, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from gridgeo.db.requests import Reading
from gridgeo.dispatch.answer import locate_document, unit_document
from gridgeo.dispatch.batch import (
    DEFAULT_CRS,
    DEFAULT_SCHEME,
    LEAN_FIELDS,
    Ask,
    degrees_of,
    lean_document,
    lean_fields,
    place_rows,
    require_crs,
)
from gridgeo.dispatch.deciding import Desk, desks_of
from gridgeo.dispatch.formats import (
    CSV,
    JSON,
    MEDIA_TYPES,
    NDJSON,
    CsvPoints,
    csv_parts,
    json_parts,
    ndjson_parts,
    read_lines,
)
from gridgeo.dispatch.forms import LeanAnswer, LocateAnswer, UnitAnswer
from gridgeo.dispatch.reply import BoundedStream, Reply
from gridgeo.errors import BadInput, TooLarge, UnknownKeyword
from gridgeo.parties.calendars import Calendars, When, minute_of
from gridgeo.parties.model import DutyPost
from gridgeo.parties.store import posts_at
from gridgeo.units.api import At

router = APIRouter(tags=["locate"])

Crs = Annotated[
    str,
    Query(
        max_length=40,
        description="Coordinate system of the point: EPSG:4326, EPSG:4490 (treated as equal), any "
        "EPSG code that PROJ knows, GCJ-02 or BD-09.",
    ),
]
CategoryCode = Annotated[
    str | None, Query(max_length=24, description="A class code; see /categories.")
]
Scheme = Annotated[str, Query(max_length=40, description="The scheme of the class code.")]
ModeName = Annotated[str | None, Query(max_length=40, description="A mode; see /modes.")]
Accuracy = Annotated[
    float,
    Query(ge=0, le=5000, allow_inf_nan=False, description="Radius of a GNSS fix in metres."),
]
Coordinate = Annotated[float, Query(allow_inf_nan=False)]
Fields = Annotated[
    str | None,
    Query(
        max_length=80,
        description=f"For the lean form: any of {', '.join(LEAN_FIELDS)}, with commas.",
    ),
]
Column = Annotated[str, Query(max_length=80, description="CSV: the column that holds it.")]


class BatchBody(BaseModel):
    """Points to place, in order."""

    points: list[Any] = Field(
        description="Each [lon, lat], an object with lon and lat, or a GeoJSON point."
    )
    crs: str = Field(DEFAULT_CRS, max_length=40)
    at: str | None = Field(None, max_length=40)
    category: str | None = Field(None, max_length=24)
    scheme: str = Field(DEFAULT_SCHEME, max_length=40)
    fields: list[str] | str | None = Field(
        None, description=f"For the lean form: any of {', '.join(LEAN_FIELDS)}."
    )


class BatchAnswer(BaseModel):
    """One result for each point, in order: the whole answer, the lean form, or an error."""

    results: list[dict[str, Any]]
    version: int


class LostAnswer(BaseModel):
    """A rule that was considered and did not decide, and why."""

    rule_id: int
    why: str


class ConsideredAnswer(BaseModel):
    """One scope on the way to the decision; `rule_id` is the rule that decided there, or null."""

    scope: str
    reason: str
    mode: str | None
    rule_id: int | None
    lost: list[LostAnswer]


class NearAnswer(BaseModel):
    """An asset within the tolerance of a rule."""

    asset: str
    distance_m: float


class PostAnswer(BaseModel):
    """A duty post of the place; never a person. `on_duty` is by its shift at the instant."""

    code: str
    kind: str
    unit: str | None
    exclusive_grid: str | None
    role: str
    contact: str
    on_duty: bool


class ExplainAnswer(BaseModel):
    """An answer with its trace: the scopes considered in order, and what came of each.

    `instant` is that of the decision; `modes` are on at the place besides the daily one; `legal` is
    the chain by legal parents, where it is another one.
    """

    answer: LocateAnswer
    instant: datetime
    modes: list[str]
    assets: list[NearAnswer]
    legal: list[UnitAnswer] | None
    posts: list[PostAnswer]
    trace: list[ConsideredAnswer]


NOT_CHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The answer has not changed since the ETag sent."}
}


@router.get("/locate", response_model=LocateAnswer | LeanAnswer, responses=NOT_CHANGED)
def locate(
    request: Request,
    lon: Coordinate,
    lat: Coordinate,
    crs: Crs = DEFAULT_CRS,
    accuracy_m: Accuracy = 0.0,
    category: CategoryCode = None,
    scheme: Scheme = DEFAULT_SCHEME,
    at: At = None,
    fields: Fields = None,
) -> Response:
    """Return the micro-grid of a point, the chain up to the city, and the responsible party."""
    ask = Ask(lean_fields(fields), crs, category, scheme)
    desk = desks_of(request.app.state).at(at, category, scheme)
    return _reply(request, desk, lon, lat, ask, accuracy_m)


@router.get("/locate/{crs}/{x},{y}", response_model=LocateAnswer, responses=NOT_CHANGED)
def locate_path(
    request: Request,
    crs: str,
    x: float,
    y: float,
    category: CategoryCode = None,
    scheme: Scheme = DEFAULT_SCHEME,
    at: At = None,
) -> Response:
    """Return the same answer by a path that people can type: /locate/4326/113.65,34.74."""
    desk = desks_of(request.app.state).at(at, category, scheme)
    return _reply(request, desk, x, y, Ask((), crs, category, scheme))


def _reply(
    request: Request, desk: Desk, x: float, y: float, ask: Ask, accuracy_m: float = 0.0
) -> Response:
    lon, lat = degrees_of(x, y, ask.crs)
    placement, assignment = desk.decide(lon, lat, accuracy_m, ask.category, ask.scheme)
    if ask.fields:
        document = lean_document(placement.unit, ask.fields)
        document["version"] = placement.version.version
    else:
        document = locate_document(placement, assignment)
    known = request.headers.get("if-none-match")
    return Reply(desk, document, None if known is None else known.encode("latin-1"))


BATCH_REQUEST = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": BatchBody.model_json_schema()},
            NDJSON: {"schema": {"type": "string", "description": "One point a line."}},
            CSV: {"schema": {"type": "string", "description": "A header, then one point a row."}},
        },
    }
}
BATCH_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "In the form that Accept names, or in that of the body.",
        "content": {NDJSON: {"schema": {"type": "string"}}, CSV: {"schema": {"type": "string"}}},
    }
}


@router.post(
    "/locate", response_model=BatchAnswer, openapi_extra=BATCH_REQUEST, responses=BATCH_RESPONSE
)
async def locate_many(
    request: Request,
    crs: Crs = DEFAULT_CRS,
    category: CategoryCode = None,
    scheme: Scheme = DEFAULT_SCHEME,
    at: At = None,
    fields: Fields = None,
    x: Column = "lon",
    y: Column = "lat",
) -> Response:
    """Place many points in one call; order kept, an error stays in its row.

    The body is JSON, NDJSON (one point a line) or CSV (columns `x` and `y`; the others are handed
    through). What a JSON body says goes before the parameters.
    """
    try:
        body = await request.body()
    except ClientDisconnect:
        raise HTTPException(400, "There was an error parsing the body") from None
    given = BatchBody(points=[], crs=crs, at=at, category=category, scheme=scheme, fields=fields)
    sent = _media_type(request.headers.get("content-type", ""))
    wanted = _wanted(request.headers.get("accept", ""), sent)
    return await run_in_threadpool(_placed, request, body, given, sent, wanted, (x, y))


def _placed(
    request: Request, body: bytes, given: BatchBody, sent: str, wanted: str,
    columns: tuple[str, str],
) -> Response:  # fmt: skip
    table = CsvPoints(body, *columns) if sent == CSV else None
    if sent == JSON:
        given = _batch_body(body, given)
    points = {JSON: given.points, NDJSON: read_lines(body), CSV: table}[sent]
    _refuse_too_many(request, len(given.points) if table is None else table.number, body, sent)
    ask = Ask(lean_fields(given.fields), given.crs, given.category, given.scheme)
    require_crs(ask.crs)
    desk = desks_of(request.app.state).at(given.at, given.category, given.scheme)
    version = desk.city.version.version
    answers = place_rows(desk, points or (), ask)
    parts: Iterator[bytes] = {
        JSON: lambda: json_parts(answers, version),
        NDJSON: lambda: ndjson_parts(answers, version),
        CSV: lambda: csv_parts(answers, ask, table),
    }[wanted]()
    begun = next(parts, b"")
    return BoundedStream(chain((begun,), parts), wanted, version)


@router.get("/assign/explain")
def explain(
    conn: Reading,
    request: Request,
    lon: Coordinate,
    lat: Coordinate,
    crs: Crs = DEFAULT_CRS,
    category: CategoryCode = None,
    scheme: Scheme = DEFAULT_SCHEME,
    at: At = None,
    mode: ModeName = None,
) -> ExplainAnswer:
    """Return the answer with every rule that was considered on the way to it, and why it lost.

    With a mode: as if just that one were on at the place.
    """
    desk = desks_of(request.app.state).at(at, category, scheme)
    if mode is not None and mode not in desk.rules.mode_priority:
        known = ", ".join(desk.rules.mode_priority)
        raise UnknownKeyword(f"The modes are {known}.", key="mode", value=mode)
    placement = desk.city.place(*degrees_of(lon, lat, crs))
    assignment, around, instant = desk.explained(placement, category, scheme, mode)
    exclusive = [grid.exclusive_id for grid in placement.exclusive]
    posts = posts_at(conn, [unit.unit_id for unit in placement.chain], exclusive, instant)
    return ExplainAnswer(
        answer=LocateAnswer.model_validate(locate_document(placement, assignment)),
        instant=instant,
        modes=list(around.modes),
        assets=[NearAnswer(asset=one.asset, distance_m=one.distance_m) for one in around.near],
        legal=None
        if around.legal_chain is None
        else [UnitAnswer(**unit_document(unit)) for unit in around.legal_chain],
        posts=[_post(post, desk.rules.calendars, instant) for post in posts],
        trace=[ConsideredAnswer(**to_builtins(step)) for step in assignment.trace],
    )


def _post(post: DutyPost, calendars: Calendars, instant: datetime) -> PostAnswer:
    named = None
    if post.shift_calendar is not None and post.shift is not None:
        named = post.shift_calendar, post.shift
    return PostAnswer(
        code=post.code,
        kind=post.kind,
        unit=post.unit_code,
        exclusive_grid=post.exclusive_code,
        role=post.role,
        contact=post.contact,
        on_duty=calendars.holds(When(shift=named), minute_of(instant)),
    )


def _media_type(content_type: str) -> str:
    sent = content_type.partition(";")[0].strip().lower()
    if sent not in MEDIA_TYPES:
        raise BadInput(
            f"Send the points as one of {', '.join(MEDIA_TYPES)}.", key="Content-Type", value=sent
        )
    return sent


def _wanted(accept: str, sent: str) -> str:
    named = [one.partition(";")[0].strip().lower() for one in accept.split(",")]
    return next((one for one in named if one in MEDIA_TYPES), sent)


def _batch_body(body: bytes, given: BatchBody) -> BatchBody:
    """Read a JSON body as FastAPI would, and refuse it in the same words."""
    try:
        document = json.loads(body)
    except json.JSONDecodeError as error:
        wrong = {
            "type": "json_invalid", "loc": ("body", error.pos), "msg": "JSON decode error",
            "input": {}, "ctx": {"error": error.msg},
        }  # fmt: skip
        raise RequestValidationError([wrong]) from None
    except (ValueError, RecursionError):
        raise HTTPException(400, "There was an error parsing the body") from None
    try:
        read = BatchBody.model_validate(document)
    except ValidationError as error:
        wrongs = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(wrongs) from None
    return given.model_copy(update={name: getattr(read, name) for name in read.model_fields_set})


def _refuse_too_many(request: Request, number: int, body: bytes, sent: str) -> None:
    limit = request.app.state.settings.max_points
    if sent == NDJSON:
        number = sum(1 for line in body.splitlines() if line.strip())
    if number > limit:
        raise TooLarge(f"At most {limit} points in one call.", key="points", value=number)
