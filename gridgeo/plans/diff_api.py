"""What differs: between two versions, between a plan and the map, between two plans."""

import hashlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from gridgeo.access.api import requires
from gridgeo.db.requests import Reading
from gridgeo.geometry.crs import Planar
from gridgeo.plans import store
from gridgeo.plans.api import Memory, PlanId
from gridgeo.plans.diff import changed_units, page
from gridgeo.plans.diff_forms import as_csv, as_document
from gridgeo.plans.named_sides import named_side, plan_side, version_side
from gridgeo.plans.overlay import Overlays, overlay_of
from gridgeo.plans.review_api import After
from gridgeo.plans.sides import Side
from gridgeo.units.api import Limit
from gridgeo.units.store import read_profile

router = APIRouter()

MVT = "application/vnd.mapbox-vector-tile"

Form = Annotated[
    Literal["json", "geojson", "csv"],
    Query(description="Rows with both shapes; GeoJSON of units and moved ground; a table."),
]
Level = Annotated[str | None, Query(max_length=40, description="Only units of this level.")]
FORMS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/geo+json": {}, "text/csv": {}}, "description": "The diff."}
}


class StateAnswer(BaseModel):
    """All that is said of a unit but its shape."""

    level: str
    name: str
    parent_code: str | None
    legal_parent_code: str | None
    is_leaf: bool
    households: int
    synthetic: bool
    area_m2: float


class DiffRow(BaseModel):
    """A unit that differs: what becomes of it, both states, both shapes as GeoJSON."""

    code: str
    level: str
    name: str
    changes: list[str]
    before: StateAnswer | None
    after: StateAnswer | None
    old: dict[str, Any] | None
    new: dict[str, Any] | None


class MoveRow(BaseModel):
    """Ground that goes from one leaf to another."""

    from_code: str = Field(alias="from")
    to_code: str = Field(alias="to")
    area_m2: float


class DiffAnswer(BaseModel):
    """Every unit that differs, in code order; `moved` is the ground that those listed give away.

    `counts` speaks of all of them; `next` is the code to continue after. `revision` is that of the
    plan, `base_version` the version it was drawn on; null between two versions.
    """

    plan_id: int | None = None
    revision: int | None = None
    base_version: int
    against: str
    total: int
    counts: dict[str, int]
    units: list[DiffRow]
    moved: list[MoveRow]
    next: str | None


class _Asked(BaseModel):
    """What is asked of a diff, whichever two maps it compares."""

    f: Literal["json", "geojson", "csv"]
    level: str | None
    after: str | None
    limit: int


def _asked(
    f: Form = "json", level: Level = None, after: After = None, limit: Limit = 1000
) -> _Asked:
    return _Asked(f=f, level=level, after=after, limit=limit)


Asked = Annotated[_Asked, Depends(_asked)]


@router.get("/versions/{a}/diff/{b}", tags=["map"], response_model=DiffAnswer, responses=FORMS)
def versions_diff(conn: Reading, a: int, b: int, asked: Asked) -> Response:
    """List every unit that differs between two versions, from the first to the second."""
    before, after = (version_side(conn, number) for number in (a, b))
    return _answer(conn, before, after, asked, {"base_version": a, "against": str(b)})


@router.get(
    "/plans/{plan_id}/diff",
    tags=["plans"],
    dependencies=[Depends(requires("plan"))],
    response_model=DiffAnswer,
    responses=FORMS,
)
def diff(
    conn: Reading,
    replays: Memory,
    plan_id: PlanId,
    asked: Asked,
    against: Annotated[
        str | None,
        Query(
            max_length=20,
            description="A version number, or a plan such as plan:7, to start from; otherwise the "
            "version that the plan was drawn on.",
        ),
    ] = None,
) -> Response:
    """List every unit that a plan changes, or that differs from another version or plan."""
    plan = store.get_plan(conn, plan_id)
    after = plan_side(conn, plan, replays)
    before = Side(plan.base_version) if against is None else named_side(conn, against, replays)
    said = {
        "plan_id": plan_id,
        "revision": plan.revision,
        "base_version": plan.base_version,
        "against": against or str(plan.base_version),
    }
    response = _answer(conn, before, after, asked, said)
    response.headers["ETag"] = f'W/"{plan.revision}"'
    return response


@router.get(
    "/plans/{plan_id}/diff/{z}/{x}/{y}.mvt",
    tags=["plans"],
    dependencies=[Depends(requires("plan"))],
    response_class=Response,
    responses={
        200: {"content": {MVT: {}}, "description": "A Mapbox Vector Tile 2.1."},
        204: {"description": "The plan changes nothing in this tile."},
    },
)
def diff_tile(
    conn: Reading, request: Request, replays: Memory, plan_id: PlanId, z: int, x: int, y: int
) -> Response:
    """Return one tile of what a plan changes, to lay over the live map."""
    plan = store.get_plan(conn, plan_id)
    overlays: Overlays = request.app.state.overlays
    found = overlays.get(
        (plan_id, plan.revision, plan.base_version),
        lambda: overlay_of(conn, store.map_of(conn, plan, replays)),
    )
    body = found.tile(conn, z, x, y)
    headers = {
        "ETag": f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Accept-Encoding",
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, 200 if body else 204, headers, MVT if body else None)


def _answer(
    conn: Reading, before: Side, after: Side, asked: _Asked, said: dict[str, Any]
) -> Response:
    profile = read_profile(conn)
    changed = changed_units(conn, before, after)
    if asked.level is not None:
        profile.level(asked.level)
        changed = [row for row in changed if row.unit.level == asked.level]
    planar = Planar(profile.planar_srid)
    found = page(conn, before, after, changed, planar, asked.after, asked.limit)
    if asked.f == "csv":
        headers = {"Link": f'<?after={found.next}>; rel="next"'} if found.next else {}
        return Response(as_csv(found), media_type="text/csv; charset=utf-8", headers=headers)
    document = as_document(found, changed, asked.f, said)
    return JSONResponse(document, media_type=_MEDIA[asked.f])


_MEDIA = {"json": "application/json", "geojson": "application/geo+json"}
