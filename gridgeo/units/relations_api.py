"""How units relate: those near a point, those in a relation to a polygon, the heirs of one."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from gridgeo.db.requests import Reading
from gridgeo.geometry.relations import Relation
from gridgeo.units.api import At
from gridgeo.units.heirs import heirs_of
from gridgeo.units.relations import MAX_K, MAX_WITHIN_M, Around, nearest_units, related_units
from gridgeo.units.store import resolve_version

router = APIRouter(tags=["map"])

Coordinate = Annotated[float, Query(allow_inf_nan=False)]
K = Annotated[int, Query(ge=1, le=MAX_K, description="Most rows to return.")]
WithinM = Annotated[
    float, Query(gt=0, le=MAX_WITHIN_M, description="Metres from the point, at most.")
]


class UnitNear(BaseModel):
    """A unit and its distance from the point: 0 for one that covers it."""

    code: str
    level: str
    name: str
    distance_m: float


class NearAnswer(BaseModel):
    """The nearest units, ties in code order; without any, `reason` says why."""

    version: int
    units: list[UnitNear]
    reason: Literal["none_within"] | None


class HeirRow(BaseModel):
    """A unit with its shares of the land and of the households of an old one."""

    code: str
    level: str
    name: str
    area_share: float
    household_share: float


class HeirsAnswer(BaseModel):
    """Who has the land of a unit, as it was in version `since`, in `version`; most land first."""

    code: str
    since: int
    version: int
    heirs: list[HeirRow]


class RelatedBody(BaseModel):
    """A polygon, and what units shall be to it."""

    geometry: dict[str, Any] = Field(description="GeoJSON Polygon or MultiPolygon, EPSG:4326.")
    relation: Relation
    level: str | None = Field(None, max_length=40, description="Leaves without.")
    after: str | None = Field(None, max_length=24)
    limit: int = Field(100, ge=1, le=1000)
    at: str | None = Field(None, max_length=40)


class RelatedUnit(BaseModel):
    """A unit by code, level and name."""

    code: str
    level: str
    name: str


class RelatedAnswer(BaseModel):
    """Units in code order; `next` is the code to continue after, if there is more."""

    version: int
    units: list[RelatedUnit]
    next: str | None


@router.get("/units/nearest")
def units_nearest(
    conn: Reading,
    lon: Coordinate,
    lat: Coordinate,
    k: K = 10,
    within_m: WithinM = 1000.0,
    level: Annotated[str | None, Query(max_length=40, description="Leaves without.")] = None,
    at: At = None,
) -> NearAnswer:
    """List the leaves, or the units of a level, nearest to a point, by metres."""
    version = resolve_version(conn, at).version
    rows = nearest_units(conn, version, Around(lon, lat, k, within_m), level)
    return NearAnswer(
        version=version,
        units=[UnitNear(**row) for row in rows],
        reason=None if rows else "none_within",
    )


@router.get("/units/{code}/heirs")
def heirs(
    conn: Reading,
    code: str,
    since: Annotated[
        int | None, Query(ge=1, description="A version; the last in which the unit was there.")
    ] = None,
) -> HeirsAnswer:
    """List who has the land and the households of a unit today, through all versions since."""
    head = resolve_version(conn).version
    found, rows = heirs_of(conn, code, since, head)
    return HeirsAnswer(
        code=code,
        since=found,
        version=head,
        heirs=[
            HeirRow(
                code=row.code,
                level=row.level,
                name=row.name,
                area_share=row.area_share,
                household_share=row.household_share,
            )
            for row in rows
        ],
    )


@router.post("/units/related")
def units_related(conn: Reading, body: RelatedBody) -> RelatedAnswer:
    """List the leaves, or the units of a level, that stand in a relation to a polygon."""
    version = resolve_version(conn, body.at).version
    rows = related_units(
        conn, version, body.geometry, body.relation, level=body.level, after=body.after,
        limit=body.limit + 1,
    )  # fmt: skip
    more = rows[body.limit - 1]["code"] if len(rows) > body.limit else None
    shown = [RelatedUnit(**row) for row in rows[: body.limit]]
    return RelatedAnswer(version=version, units=shown, next=more)
