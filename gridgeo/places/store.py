"""Places, buildings, roads, barriers and assets: searching and writing."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from gridgeo.db.sql import statement

SEARCH = statement(__package__, "search")


def search(conn: Connection[Any], version: int, q: str, limit: int) -> list[dict[str, Any]]:
    """Return units, exclusive grids and places whose name, pinyin, code or address holds `q`."""
    pinyin = "".join(q.lower().split())
    query = {
        "version": version,
        "q": q,
        "pattern": f"%{_literal(q)}%",
        "pinyin": pinyin,
        "pinyin_pattern": f"%{_literal(pinyin)}%",
        "limit": limit,
    }
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(SEARCH, query).fetchall()


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def copy_places(conn: Connection[Any], rows: Iterable[Sequence[object]]) -> None:
    """Write places: name, pinyin, address, kind, EWKB point, synthetic."""
    _copy(conn, "COPY place (name, pinyin, address, kind, geom, synthetic) FROM STDIN", rows)


def copy_buildings(conn: Connection[Any], rows: Iterable[Sequence[object]]) -> None:
    """Write buildings: EWKB footprint, EWKB entrance, households, synthetic."""
    _copy(conn, "COPY building (geom, entrance, households, synthetic) FROM STDIN", rows)


def copy_lines(conn: Connection[Any], rows: Iterable[Sequence[object]]) -> None:
    """Write roads and barriers: family, kind, name, EWKB line, synthetic."""
    _copy(conn, "COPY line_feature (family, kind, name, geom, synthetic) FROM STDIN", rows)


def copy_assets(conn: Connection[Any], rows: Iterable[Sequence[object]]) -> None:
    """Write assets: kind, name, EWKB geometry, synthetic."""
    _copy(conn, "COPY asset (kind, name, geom, synthetic) FROM STDIN", rows)


def _copy(conn: Connection[Any], command: str, rows: Iterable[Sequence[object]]) -> None:
    with conn.cursor() as cursor, cursor.copy(command.encode()) as copy:
        for row in rows:
            copy.write_row(row)
