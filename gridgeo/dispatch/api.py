"""`/locate`: who owns this place, for this kind of matter, now or then; and why."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from psycopg import Connection
from pydantic import BaseModel, Field

from gridgeo.db.requests import Reading
from gridgeo.dispatch.answer import LocateAnswer, locate_answer
from gridgeo.dispatch.deciding import Desk, Memory, desk_at
from gridgeo.errors import BadInput, GridgeoError, TooLarge, UnknownKeyword
from gridgeo.geometry.crs import to_wgs84
from gridgeo.geometry.errors import GeometryError, NotACoordinate, UnknownCrs
from gridgeo.parties.store import require_category
from gridgeo.units.api import At
from gridgeo.units.store import is_version_number, parse_instant, resolve_version

router = APIRouter(tags=["locate"])

DEFAULT_SCHEME = "gbt47678"
MAX_FULL_POINTS = 2_000
LEAN_FIELDS = ("code", "level", "name", "reason")

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
Accuracy = Annotated[
    float,
    Query(ge=0, le=5000, allow_inf_nan=False, description="Radius of a GNSS fix in metres."),
]
Coordinate = Annotated[float, Query(allow_inf_nan=False)]


class BatchBody(BaseModel):
    """Points to place, in order."""

    points: list[Any] = Field(description="[[lon, lat], ...]")
    crs: str = Field("EPSG:4326", max_length=40)
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


class ConsideredAnswer(BaseModel):
    """One scope on the way to the decision; `rule_id` is null where no rule spoke of the matter."""

    scope: str
    reason: str
    rule_id: int | None


class ExplainAnswer(BaseModel):
    """An answer with its trace: the scopes considered in order, and what came of each."""

    answer: LocateAnswer
    trace: list[ConsideredAnswer]


@router.get("/locate")
def locate(
    conn: Reading,
    request: Request,
    lon: Coordinate,
    lat: Coordinate,
    crs: Crs = "EPSG:4326",
    accuracy_m: Accuracy = 0.0,
    category: CategoryCode = None,
    scheme: Scheme = DEFAULT_SCHEME,
    at: At = None,
) -> LocateAnswer:
    """Return the micro-grid of a point, the chain up to the city, and the responsible party."""
    desk = _desk(conn, request, at, category, scheme)
    x, y = _degrees(lon, lat, crs)
    return locate_answer(*desk.decide(x, y, accuracy_m, category, scheme))


@router.get("/locate/{crs}/{x},{y}")
def locate_path(
    conn: Reading,
    request: Request,
    crs: str,
    x: float,
    y: float,
    category: CategoryCode = None,
    scheme: Scheme = DEFAULT_SCHEME,
    at: At = None,
) -> LocateAnswer:
    """Return the same answer by a path that people can type: /locate/4326/113.65,34.74."""
    desk = _desk(conn, request, at, category, scheme)
    lon, lat = _degrees(x, y, crs)
    return locate_answer(*desk.decide(lon, lat, 0.0, category, scheme))


@router.post("/locate")
def locate_many(conn: Reading, request: Request, body: BatchBody) -> BatchAnswer:
    """Place many points in one call; order kept, an error stays in its row."""
    lean = _lean_fields(body.fields)
    limit = request.app.state.settings.max_points if lean else MAX_FULL_POINTS
    if len(body.points) > limit:
        raise TooLarge(
            f"At most {limit} points in one call"
            + ("." if lean else "; with fields=code,reason the limit is higher."),
            key="points",
            value=len(body.points),
        )
    desk = _desk(conn, request, body.at, body.category, body.scheme)
    rows = _lean(desk, body, lean) if lean else [_full(desk, body, p) for p in body.points]
    return BatchAnswer(results=rows, version=desk.city.version.version)


@router.get("/assign/explain")
def explain(
    conn: Reading,
    request: Request,
    lon: Coordinate,
    lat: Coordinate,
    crs: Crs = "EPSG:4326",
    category: CategoryCode = None,
    scheme: Scheme = DEFAULT_SCHEME,
    at: At = None,
) -> ExplainAnswer:
    """Return the answer with the scopes that were considered on the way to it."""
    desk = _desk(conn, request, at, category, scheme)
    placement, assignment = desk.decide(*_degrees(lon, lat, crs), 0.0, category, scheme)
    return ExplainAnswer(
        answer=locate_answer(placement, assignment),
        trace=[
            ConsideredAnswer(scope=step.scope, reason=step.reason, rule_id=step.rule_id)
            for step in assignment.trace
        ],
    )


def _desk(
    conn: Connection[Any], request: Request, at: str | None, category: str | None, scheme: str
) -> Desk:
    if category is not None:
        require_category(conn, scheme, category)
    memory: Memory = request.app.state.memory
    version = resolve_version(conn, at)
    instant = datetime.now(UTC) if at is None or is_version_number(at) else parse_instant(at)
    return desk_at(conn, memory, version, instant)


def _degrees(x: float, y: float, crs: str) -> tuple[float, float]:
    lon, lat = to_wgs84(x, y, _crs_name(crs))
    return float(lon), float(lat)


def _crs_name(crs: str) -> str:
    return f"EPSG:{crs}" if crs.isdecimal() else crs


def _lean_fields(fields: list[str] | str | None) -> tuple[str, ...]:
    wanted = fields.split(",") if isinstance(fields, str) else fields or []
    for field in wanted:
        if field not in LEAN_FIELDS:
            raise UnknownKeyword(
                f"Unknown field {field!r}; the lean fields are {', '.join(LEAN_FIELDS)}.",
                key="fields",
                value=field,
            )
    return tuple(wanted)


def _full(desk: Desk, body: BatchBody, point: object) -> dict[str, Any]:
    try:
        lon, lat = _degrees(*_pair(point), body.crs)
        answer = locate_answer(*desk.decide(lon, lat, 0.0, body.category, body.scheme))
    except UnknownCrs:
        raise
    except (GridgeoError, GeometryError) as error:
        return {"error": _row_error(error)}
    return answer.model_dump(mode="json")


def _row_error(error: GridgeoError | GeometryError) -> dict[str, Any]:
    code = error.code if isinstance(error, GridgeoError) else error.kind
    return {"code": code, "detail": str(error), "key": error.key, "value": str(error.value)}


def _pair(point: object) -> tuple[float, float]:
    if isinstance(point, list) and len(point) == 2 and all(type(n) in (int, float) for n in point):
        with suppress(OverflowError):
            x, y = float(point[0]), float(point[1])
            if isfinite(x) and isfinite(y):
                return x, y
    raise BadInput("A point must be [lon, lat], two finite numbers.", key="points", value=point)


def _lean(desk: Desk, body: BatchBody, fields: Sequence[str]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = [{} for _ in body.points]
    pairs: dict[int, tuple[float, float]] = {}
    for row, point in enumerate(body.points):
        try:
            pairs[row] = _pair(point)
        except BadInput as error:
            results[row] = {"error": _row_error(error)}
    if not pairs:
        return results
    x, y = np.array(list(pairs.values())).T
    try:
        lon, lat = to_wgs84(x, y, _crs_name(body.crs))
    except NotACoordinate:
        return [_lean_alone(desk, body.crs, point, fields) for point in body.points]
    homes = desk.city.index.locate(lon, lat)
    placed = zip(pairs, lon.tolist(), lat.tolist(), homes.tolist(), strict=True)
    for row, row_lon, row_lat, unit_id in placed:
        results[row] = _lean_row(desk, row_lon, row_lat, unit_id, fields)
    return results


def _lean_alone(desk: Desk, crs: str, point: object, fields: Sequence[str]) -> dict[str, Any]:
    try:
        lon, lat = _degrees(*_pair(point), crs)
    except (GridgeoError, GeometryError) as error:
        return {"error": _row_error(error)}
    return _lean_row(desk, lon, lat, desk.city.index.locate_one(lon, lat), fields)


def _lean_row(
    desk: Desk, lon: float, lat: float, unit_id: int, fields: Sequence[str]
) -> dict[str, Any]:
    unit = desk.city.units.get(unit_id)
    if unit is None:
        try:
            _refuse_impossible(desk, lon, lat)
        except BadInput as error:
            return {"error": _row_error(error)}
    whole = {
        "code": unit.code if unit else None,
        "level": unit.level if unit else None,
        "name": unit.name if unit else None,
        "reason": None if unit else "outside_city",
    }
    return {field: whole[field] for field in fields}


def _refuse_impossible(desk: Desk, lon: float, lat: float) -> None:
    """Let `place` refuse what is no point outside the city: exchanged axes, not on Earth."""
    west, south, east, north = desk.city.bounds
    exchanged = west <= lat <= east and south <= lon <= north
    if exchanged or abs(lon) > 180 or abs(lat) > 90:
        desk.city.place(lon, lat)
