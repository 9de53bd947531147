"""Reading the map: versions, profile, units, exclusive grids."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import shapely
from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Json

from gridgeo.db.sql import statement
from gridgeo.errors import BadInput, NotFound, Unavailable
from gridgeo.units.model import ExclusiveGrid, MapVersion, Profile, Shape, Unit

HEAD_VERSION = statement(__package__, "head_version")
VERSION_BY_NUMBER = statement(__package__, "version_by_number")
VERSION_AT_INSTANT = statement(__package__, "version_at_instant")
LIST_VERSIONS = statement(__package__, "list_versions")
LOCK_MAP_EXCLUSIVE = statement(__package__, "lock_map_exclusive")
LOCK_MAP_SHARED = statement(__package__, "lock_map_shared")
UNIT_IDS_BY_CODE = statement(__package__, "unit_ids_by_code")
EXCLUSIVE_IDS_BY_CODE = statement(__package__, "exclusive_ids_by_code")
EXCLUSIVE_BY_CODES = statement(__package__, "exclusive_by_codes")
PUT_PROFILE = statement(__package__, "put_profile")
PUT_LEVEL = statement(__package__, "put_level")
READ_PROFILE = statement(__package__, "read_profile")
UNITS_AT = statement(__package__, "units_at")
IDS_OF_CHILDREN = statement(__package__, "ids_of_children")
IDS_IN_BOX = statement(__package__, "ids_in_box")
ALL_IDS = statement(__package__, "all_ids")
ROOT_ID = statement(__package__, "root_id")
UNIT_BY_CODE = statement(__package__, "unit_by_code")
LIST_UNITS = statement(__package__, "list_units")
NEIGHBOURS = statement(__package__, "neighbours")
UNIT_HISTORY = statement(__package__, "unit_history")
LEVEL_COUNTS = statement(__package__, "level_counts")
LIST_EXCLUSIVE_GRIDS = statement(__package__, "list_exclusive_grids")
EXCLUSIVE_GRIDS_AT = statement(__package__, "exclusive_grids_at")
LINEAGE_OF_VERSION = statement(__package__, "lineage_of_version")

MAP_LOCK = 0x67726964  # "grid": the advisory lock of the map's head

Row = dict[str, Any]


# --- versions ----------------------------------------------------------------------------------


def lock_map_exclusive(conn: Connection[Any]) -> None:
    """Hold the head until the transaction ends; waits for intakes and other publications."""
    conn.execute(LOCK_MAP_EXCLUSIVE, {"key": MAP_LOCK})


def lock_map_shared(conn: Connection[Any]) -> None:
    """Keep the head from moving until the transaction ends."""
    conn.execute(LOCK_MAP_SHARED, {"key": MAP_LOCK})


def head_version(conn: Connection[Any]) -> MapVersion | None:
    """Return the live map version, or None before the first city."""
    with conn.cursor(row_factory=class_row(MapVersion)) as cursor:
        return cursor.execute(HEAD_VERSION).fetchone()


def resolve_version(conn: Connection[Any], at: str | None = None) -> MapVersion:
    """Return the map version that `at` names: nothing (the live one), a number, or an instant.

    Raises
    ------
    Unavailable
        No map has been published yet.
    BadInput
        `at` is neither a whole number nor an RFC 3339 instant with its offset.
    NotFound
        No such version, or the instant lies before the first map.
    """
    head = head_version(conn)
    if head is None:
        raise Unavailable("No map has been published yet; run `gridgeo up` to create the city.")
    if at is None:
        return head
    with conn.cursor(row_factory=class_row(MapVersion)) as cursor:
        if is_version_number(at):
            found = cursor.execute(VERSION_BY_NUMBER, {"version": int(at)}).fetchone()
        else:
            found = cursor.execute(VERSION_AT_INSTANT, {"instant": parse_instant(at)}).fetchone()
    if found is None:
        raise NotFound(
            f"There is no map version for at={at!r}; the newest is {head.version}, and the first "
            "is listed by /versions.",
            key="at",
            value=at,
        )
    return found


def is_version_number(at: str | None) -> bool:
    """Say whether `at` names a version by its number rather than an instant."""
    return at is not None and at.isascii() and at.isdecimal() and len(at) < 10


def parse_instant(text: str, key: str = "at") -> datetime:
    """Read an RFC 3339 instant; raises `BadInput` naming `key` when it is none or has no offset."""
    try:
        instant = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise BadInput(
            f"{key} must be an instant with its offset, such as 2026-03-01T08:00:00+08:00"
            + (", or a version number." if key == "at" else "."),
            key=key,
            value=text,
        )
    return instant


def list_versions(conn: Connection[Any], limit: int, before: int | None) -> list[MapVersion]:
    """Return map versions, newest first, below `before`."""
    with conn.cursor(row_factory=class_row(MapVersion)) as cursor:
        return cursor.execute(LIST_VERSIONS, {"limit": limit, "before": before}).fetchall()


# --- profile -----------------------------------------------------------------------------------


def put_profile(conn: Connection[Any], profile: Profile) -> None:
    """Store the city's profile and its levels."""
    conn.execute(
        PUT_PROFILE,
        {
            "name": profile.name,
            "planar_srid": profile.planar_srid,
            "profile": Json(profile.document),
        },
    )
    with conn.cursor() as cursor:
        cursor.executemany(
            PUT_LEVEL,
            [
                {
                    "level": level.level,
                    "depth": level.depth,
                    "name_zh": level.name_zh,
                    "name_en": level.name_en,
                    "code_pattern": level.code_pattern,
                }
                for level in profile.levels
            ],
        )


def read_profile(conn: Connection[Any]) -> Profile:
    """Return the city's profile; raises `Unavailable` when no city has been loaded."""
    row = conn.execute(READ_PROFILE).fetchone()
    if row is None:
        raise Unavailable("No city has been loaded yet; run `gridgeo up` to create the demo city.")
    return Profile.from_document(row[0])


# --- units -------------------------------------------------------------------------------------


def units_by_ids(conn: Connection[Any], version: int, ids: Sequence[int]) -> dict[int, Unit]:
    """Return units of a version with their shapes, by id."""
    rows = conn.execute(UNITS_AT, {"version": version, "unit_ids": list(ids)}).fetchall()
    shapes = shapely.from_wkb([row[5] for row in rows])
    return {
        row[0]: Unit(
            code=row[1],
            level=row[2],
            name=row[3],
            parent_code=row[4],
            shape=_single(shape),
            is_leaf=row[6],
            households=row[7],
            legal_parent_code=row[8],
            synthetic=row[9],
        )
        for row, shape in zip(rows, shapes, strict=True)
    }


def _single(shape: Shape) -> Shape:
    return shape.geoms[0] if shape.geom_type == "MultiPolygon" and len(shape.geoms) == 1 else shape


def all_units(conn: Connection[Any], version: int) -> dict[str, Unit]:
    """Return every unit of a version by code."""
    ids = [row[0] for row in conn.execute(ALL_IDS, {"version": version})]
    return {unit.code: unit for unit in units_by_ids(conn, version, ids).values()}


def units_in_box(
    conn: Connection[Any], version: int, box: tuple[float, float, float, float]
) -> dict[str, Unit]:
    """Return the units of every level whose box meets (west, south, east, north), by code."""
    west, south, east, north = box
    ids = conn.execute(
        IDS_IN_BOX,
        {"version": version, "west": west, "south": south, "east": east, "north": north},
    ).fetchall()
    return {
        unit.code: unit for unit in units_by_ids(conn, version, [row[0] for row in ids]).values()
    }


def children_of(conn: Connection[Any], version: int, codes: Iterable[str]) -> dict[str, Unit]:
    """Return the units of these codes and all their children at a version, by code."""
    ids = list(unit_ids(conn, codes).values())
    children = conn.execute(IDS_OF_CHILDREN, {"version": version, "unit_ids": ids}).fetchall()
    wanted = ids + [row[0] for row in children]
    return {unit.code: unit for unit in units_by_ids(conn, version, wanted).values()}


def root_unit(conn: Connection[Any], version: int) -> Unit:
    """Return the city itself."""
    row = conn.execute(ROOT_ID, {"version": version}).fetchone()
    if row is None:
        raise Unavailable(f"Map version {version} has no root unit.")
    return units_by_ids(conn, version, [row[0]])[row[0]]


def unit_ids(conn: Connection[Any], codes: Iterable[str]) -> dict[str, int]:
    """Return ids by code, for the codes that were ever given."""
    return dict(conn.execute(UNIT_IDS_BY_CODE, {"codes": list(codes)}).fetchall())


def exclusive_ids(conn: Connection[Any], codes: Iterable[str]) -> dict[str, int]:
    """Return ids of exclusive grids by code."""
    return dict(conn.execute(EXCLUSIVE_IDS_BY_CODE, {"codes": list(codes)}).fetchall())


def exclusive_by_codes(
    conn: Connection[Any], version: int, codes: Iterable[str]
) -> dict[str, ExclusiveGrid]:
    """Return the exclusive grids of these codes at a version, by code, as far as there are any."""
    query = {"version": version, "codes": list(codes)}
    rows = conn.execute(EXCLUSIVE_BY_CODES, query).fetchall()
    shapes = shapely.from_wkb([row[3] for row in rows])
    return {
        row[0]: ExclusiveGrid(row[0], row[1], row[2], _single(shape), row[4])
        for row, shape in zip(rows, shapes, strict=True)
    }


def level_counts(conn: Connection[Any], version: int) -> dict[str, int]:
    """Return the number of units of each level, from the root down."""
    return dict(conn.execute(LEVEL_COUNTS, {"version": version}).fetchall())


def unit_row(conn: Connection[Any], version: int, code: str) -> Row:
    """Return one unit as a row with GeoJSON; raises `NotFound` naming the code."""
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(UNIT_BY_CODE, {"version": version, "code": code}).fetchone()
    if row is None:
        raise NotFound(
            f"No unit carries the code {code!r} in map version {version}.", key="code", value=code
        )
    return row


def list_units(conn: Connection[Any], version: int, **query: object) -> list[Row]:
    """Return unit rows in code order; `query` holds the parameters of `list_units.sql`."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST_UNITS, {"version": version, **query}).fetchall()


def neighbours(conn: Connection[Any], version: int, code: str) -> list[Row]:
    """Return the units that share a border line with a unit, in code order."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(NEIGHBOURS, {"version": version, "code": code}).fetchall()


def unit_history(conn: Connection[Any], code: str) -> list[Row]:
    """Return the states a unit has had, oldest first; raises `NotFound` for an unknown code."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(UNIT_HISTORY, {"code": code}).fetchall()
    if not rows:
        raise NotFound(f"No unit has ever carried the code {code!r}.", key="code", value=code)
    return rows


def list_exclusive_grids(conn: Connection[Any], version: int, code: str | None = None) -> list[Row]:
    """Return exclusive grids of a version in code order."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST_EXCLUSIVE_GRIDS, {"version": version, "code": code}).fetchall()


def exclusive_grids(
    conn: Connection[Any], version: int, kind: str | None = None
) -> list[tuple[int, ExclusiveGrid, float]]:
    """Return id, grid and area in m2 of the exclusive grids of a version, in code order."""
    rows = conn.execute(EXCLUSIVE_GRIDS_AT, {"version": version, "kind": kind}).fetchall()
    shapes = shapely.from_wkb([row[4] for row in rows])
    return [
        (row[0], ExclusiveGrid(row[1], row[2], row[3], _single(shape), row[6]), row[5])
        for row, shape in zip(rows, shapes, strict=True)
    ]


def lineage_of_version(conn: Connection[Any], version: int) -> list[Row]:
    """Return what a version did to land, in code order."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LINEAGE_OF_VERSION, {"version": version}).fetchall()
