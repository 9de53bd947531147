"""The map's faces: units, exclusive grids, versions."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from gridgeo.db.requests import Reading
from gridgeo.errors import BadInput, NotFound
from gridgeo.units import store
from gridgeo.units.model import MapVersion

router = APIRouter(tags=["map"])

At = Annotated[
    str | None,
    Query(
        description="A past map: a version number, or an instant with its offset such as "
        "2026-03-01T08:00:00+08:00. The live map without.",
        max_length=40,
    ),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most rows to return.")]
Box = Annotated[
    str | None,
    Query(description="west,south,east,north in degrees.", max_length=120),
]


class VersionAnswer(BaseModel):
    """One published map."""

    version: int
    valid_from: datetime
    actor: str
    note: str
    document_no: str | None
    synthetic: bool


class VersionsAnswer(BaseModel):
    """The live version's number, and versions newest first."""

    head: int
    versions: list[VersionAnswer]


class LineageRow(BaseModel):
    """Land that went from one unit to another, as a share of the old unit."""

    from_code: str
    to_code: str
    kind: str
    area_share: float
    household_share: float


class VersionDetail(VersionAnswer):
    """One published map, how many units it has, and what it did to land."""

    units: dict[str, int]
    lineage: list[LineageRow]


class UnitFeatureProperties(BaseModel):
    """What is said of a unit beside its shape."""

    code: str
    level: str
    name: str
    parent_code: str | None
    legal_parent_code: str | None
    is_leaf: bool
    households: int
    area_m2: float
    synthetic: bool


class UnitAnswer(UnitFeatureProperties):
    """A unit of one map version, with its shape as GeoJSON."""

    bbox: list[float]
    geometry: dict[str, Any]
    version: int


class Feature(BaseModel):
    """A GeoJSON feature."""

    type: str = "Feature"
    id: str
    bbox: list[float]
    geometry: dict[str, Any]
    properties: dict[str, Any]


class FeatureCollection(BaseModel):
    """A GeoJSON feature collection; `next` is the code to continue after, if there is more."""

    type: str = "FeatureCollection"
    version: int
    numberReturned: int
    next: str | None
    features: list[Feature]


class Neighbour(BaseModel):
    """A unit across a shared border."""

    code: str
    level: str
    name: str
    shared_border_m: float


class NeighboursAnswer(BaseModel):
    """The units that share a border with one, in code order."""

    version: int
    neighbours: list[Neighbour]


class UnitState(BaseModel):
    """A span of versions in which neither the attributes nor the shape of a unit changed."""

    code: str
    level: str
    name: str
    households: int
    area_m2: float
    from_version: int
    until_version: int | None
    shape_changed: bool
    valid_from: datetime
    note: str


class HistoryAnswer(BaseModel):
    """The states of a unit, oldest first."""

    code: str
    states: list[UnitState]


@router.get("/versions")
def versions(
    conn: Reading,
    limit: Limit = 20,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> VersionsAnswer:
    """List published maps, newest first."""
    head = store.resolve_version(conn)
    return VersionsAnswer(
        head=head.version,
        versions=[_version(row) for row in store.list_versions(conn, limit, before)],
    )


@router.get("/versions/{version}")
def version(conn: Reading, version: int) -> VersionDetail:
    """Return one published map: how many units it has and what it did to land."""
    if not 1 <= version < 2**31:
        raise NotFound(f"There is no map version {version}.", key="version", value=version)
    found = store.resolve_version(conn, str(version))
    return VersionDetail(
        **_version(found).model_dump(),
        units=store.level_counts(conn, found.version),
        lineage=[LineageRow(**row) for row in store.lineage_of_version(conn, found.version)],
    )


def _version(row: MapVersion) -> VersionAnswer:
    return VersionAnswer(
        version=row.version,
        valid_from=row.valid_from,
        actor=row.actor,
        note=row.note,
        document_no=row.document_no,
        synthetic=row.synthetic,
    )


@router.get("/units")
def units(
    conn: Reading,
    level: Annotated[str | None, Query(max_length=40)] = None,
    bbox: Box = None,
    q: Annotated[str | None, Query(min_length=1, max_length=80)] = None,
    parent: Annotated[str | None, Query(max_length=24)] = None,
    cover: Annotated[
        bool, Query(description="With a level: also the leaves above it, so that nothing is bare.")
    ] = False,
    after: Annotated[str | None, Query(max_length=24)] = None,
    at: At = None,
    limit: Limit = 100,
) -> FeatureCollection:
    """List units as GeoJSON in code order, by level, box, parent or text."""
    found = store.resolve_version(conn, at)
    if level is not None:
        store.read_profile(conn).level(level)
    rows = store.list_units(
        conn, found.version, level=level, cover=cover, parent=parent, q=q, after=after,
        bbox=parse_bbox(bbox), limit=limit + 1,
    )  # fmt: skip
    return _collection(found.version, rows, limit)


@router.get("/units/{code}")
def unit(conn: Reading, code: str, at: At = None) -> UnitAnswer:
    """Return one unit with its shape."""
    found = store.resolve_version(conn, at)
    row = store.unit_row(conn, found.version, code)
    return UnitAnswer(**_without_id(row), version=found.version)


@router.get("/units/{code}/children")
def children(conn: Reading, code: str, at: At = None, limit: Limit = 1000) -> FeatureCollection:
    """List the units right below one, as GeoJSON in code order."""
    found = store.resolve_version(conn, at)
    store.unit_row(conn, found.version, code)
    rows = store.list_units(
        conn, found.version, level=None, cover=False, parent=code, q=None, after=None, bbox=None,
        limit=limit + 1,
    )  # fmt: skip
    return _collection(found.version, rows, limit)


@router.get("/units/{code}/neighbours")
def neighbours(conn: Reading, code: str, at: At = None) -> NeighboursAnswer:
    """List the units that share a border line with one, in the cover at its level."""
    found = store.resolve_version(conn, at)
    store.unit_row(conn, found.version, code)
    rows = store.neighbours(conn, found.version, code)
    return NeighboursAnswer(version=found.version, neighbours=[Neighbour(**row) for row in rows])


@router.get("/units/{code}/history")
def history(conn: Reading, code: str) -> HistoryAnswer:
    """List the states that a unit has had, oldest first."""
    rows = store.unit_history(conn, code)
    return HistoryAnswer(code=code, states=[UnitState(**row) for row in rows])


@router.get("/exclusive-grids")
def exclusive_grids(conn: Reading, at: At = None) -> FeatureCollection:
    """List exclusive grids as GeoJSON in code order."""
    found = store.resolve_version(conn, at)
    rows = store.list_exclusive_grids(conn, found.version)
    return _collection(found.version, rows, len(rows) + 1)


@router.get("/exclusive-grids/{code}")
def exclusive_grid(conn: Reading, code: str, at: At = None) -> Feature:
    """Return one exclusive grid as GeoJSON."""
    found = store.resolve_version(conn, at)
    rows = store.list_exclusive_grids(conn, found.version, code)
    if not rows:
        raise NotFound(f"No exclusive grid carries the code {code!r}.", key="code", value=code)
    return _feature(rows[0])


def parse_bbox(text: str | None) -> list[float] | None:
    """Read 'west,south,east,north'; raises `BadInput` naming what is wrong."""
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise BadInput(
            "bbox must be four numbers west,south,east,north in degrees.", key="bbox", value=text
        ) from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadInput(
            "bbox must run west,south,east,north within -180..180 and -90..90 degrees.",
            key="bbox",
            value=text,
        )
    return [west, south, east, north]


def _collection(version: int, rows: list[store.Row], limit: int) -> FeatureCollection:
    shown = rows[:limit]
    return FeatureCollection(
        version=version,
        numberReturned=len(shown),
        next=shown[-1]["code"] if len(rows) > limit else None,
        features=[_feature(row) for row in shown],
    )


def _feature(row: store.Row) -> Feature:
    rest = {
        key: value for key, value in _without_id(row).items() if key not in ("bbox", "geometry")
    }
    return Feature(id=row["code"], bbox=row["bbox"], geometry=row["geometry"], properties=rest)


def _without_id(row: store.Row) -> store.Row:
    return {key: value for key, value in row.items() if key != "unit_id"}
