"""Writing the rows of a publication; `publish` alone calls this."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from psycopg import Connection
from psycopg.rows import class_row

from gridgeo.db.sql import statement
from gridgeo.units.model import ExclusiveGrid, MapVersion, Shape, Unit
from gridgeo.units.pinyin import search_key

INSERT_VERSION = statement(__package__, "insert_version")
ALLOT_UNIT_IDS = statement(__package__, "allot_unit_ids")
ALLOT_EXCLUSIVE_IDS = statement(__package__, "allot_exclusive_ids")
CLOSE_UNITS = statement(__package__, "close_units")
CLOSE_SHAPES = statement(__package__, "close_shapes")
CLOSE_EXCLUSIVE_GRIDS = statement(__package__, "close_exclusive_grids")
INSERT_LINEAGE = statement(__package__, "insert_lineage")
NOTIFY_VERSION = statement(__package__, "notify_version")

DRAWN_IN = "EPSG:4326"
"""What a shape was drawn in if nobody says otherwise: the console's maps and the API."""

Row = dict[str, Any]


def insert_version(
    conn: Connection[Any], version: int, actor: str, document_no: str | None, note: str,
    synthetic: bool,
) -> MapVersion:  # fmt: skip
    """Mint a map version at the database's own clock."""
    with conn.cursor(row_factory=class_row(MapVersion)) as cursor:
        row = cursor.execute(
            INSERT_VERSION,
            {
                "version": version,
                "actor": actor,
                "document_no": document_no,
                "note": note,
                "synthetic": synthetic,
            },
        ).fetchone()
    assert row is not None
    return row


def allot_unit_ids(conn: Connection[Any], codes: Sequence[str], version: int) -> dict[str, int]:
    """Give each new code an id of its own, in the order of `codes`, and record it for ever."""
    ids = [row[0] for row in conn.execute(ALLOT_UNIT_IDS, {"count": len(codes)})]
    with (
        conn.cursor() as cursor,
        cursor.copy("COPY unit_code (code, unit_id, first_version) FROM STDIN") as copy,
    ):
        for code, unit_id in zip(codes, ids, strict=True):
            copy.write_row((code, unit_id, version))
    return dict(zip(codes, ids, strict=True))


def close_units(conn: Connection[Any], ids: Sequence[int], version: int) -> None:
    """End attribute rows at a version."""
    conn.execute(CLOSE_UNITS, {"unit_ids": list(ids), "version": version})


def close_shapes(conn: Connection[Any], ids: Sequence[int], version: int) -> None:
    """End shapes at a version."""
    conn.execute(CLOSE_SHAPES, {"unit_ids": list(ids), "version": version})


def copy_units(
    conn: Connection[Any], version: int, units: Iterable[Unit], ids: Mapping[str, int]
) -> None:
    """Write attribute rows that hold from a version on."""
    columns = (
        "unit_id, versions, code, level, name, pinyin, parent_id, legal_parent_id, is_leaf, "
        "households, synthetic"
    )
    with conn.cursor() as cursor, cursor.copy(f"COPY unit ({columns}) FROM STDIN") as copy:
        for unit in units:
            copy.write_row((
                ids[unit.code], f"[{version},)", unit.code, unit.level, unit.name,
                search_key(unit.name),
                None if unit.parent_code is None else ids[unit.parent_code],
                None if unit.legal_parent_code is None else ids[unit.legal_parent_code],
                unit.is_leaf, unit.households, unit.synthetic,
            ))  # fmt: skip


def copy_shapes(
    conn: Connection[Any], version: int, units: Sequence[Unit], ids: Mapping[str, int],
    areas_m2: Iterable[float], source_crs: Mapping[str, str],
) -> None:  # fmt: skip
    """Write shapes that hold from a version on; `source_crs` by code, WGS 84 where it is silent."""
    columns = "unit_id, versions, geom, area_m2, is_leaf, source_crs"
    with conn.cursor() as cursor, cursor.copy(f"COPY unit_shape ({columns}) FROM STDIN") as copy:
        for unit, area_m2, ewkb in zip(
            units, areas_m2, as_ewkb([unit.shape for unit in units]), strict=True
        ):
            copy.write_row((
                ids[unit.code], f"[{version},)", ewkb, float(area_m2), unit.is_leaf,
                source_crs.get(unit.code, DRAWN_IN),
            ))  # fmt: skip


def allot_exclusive_ids(conn: Connection[Any], codes: Sequence[str]) -> dict[str, int]:
    """Give each new exclusive grid an id of its own, in the order of `codes`."""
    new = [row[0] for row in conn.execute(ALLOT_EXCLUSIVE_IDS, {"count": len(codes)})]
    return dict(zip(codes, new, strict=True))


def close_exclusive_grids(conn: Connection[Any], ids: Sequence[int], version: int) -> None:
    """End the rows of exclusive grids at a version."""
    conn.execute(CLOSE_EXCLUSIVE_GRIDS, {"exclusive_ids": list(ids), "version": version})


def copy_exclusive_grids(
    conn: Connection[Any], version: int, grids: Sequence[ExclusiveGrid], ids: Mapping[str, int],
    areas_m2: Iterable[float],
) -> None:  # fmt: skip
    """Write exclusive grids that hold from a version on."""
    columns = "exclusive_id, versions, code, name, pinyin, kind, geom, area_m2, synthetic"
    with (
        conn.cursor() as cursor,
        cursor.copy(f"COPY exclusive_grid ({columns}) FROM STDIN") as copy,
    ):
        for grid, area_m2, ewkb in zip(
            grids, areas_m2, as_ewkb([grid.shape for grid in grids]), strict=True
        ):
            copy.write_row((
                ids[grid.code], f"[{version},)", grid.code, grid.name, search_key(grid.name),
                grid.kind, ewkb, float(area_m2), grid.synthetic,
            ))  # fmt: skip


def as_ewkb(shapes: Sequence[Shape]) -> list[str]:
    """Return shapes as hexadecimal EWKB multipolygons of SRID 4326, bit for bit."""
    multi = [
        shape if shape.geom_type == "MultiPolygon" else shapely.multipolygons([shape])
        for shape in shapes
    ]
    if not multi:
        return []
    with_srid = shapely.set_srid(np.array(multi, dtype=object), 4326)
    return [str(ewkb) for ewkb in shapely.to_wkb(with_srid, hex=True, include_srid=True)]


def insert_lineage(conn: Connection[Any], rows: Sequence[Row]) -> None:
    """Write lineage rows, as `lineage.lineage_rows` makes them."""
    with conn.cursor() as cursor:
        cursor.executemany(INSERT_LINEAGE, rows)


def notify_version(conn: Connection[Any], version: int) -> None:
    """Tell every worker at commit."""
    conn.execute(NOTIFY_VERSION, {"version": version})
