"""Tiles straight from PostGIS, and what the drawn ones are made of."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import shapely
from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.errors import Unavailable
from gridgeo.tiles.drawings import Change, Drawings, Report, Shown
from gridgeo.tiles.model import TileRequest
from gridgeo.tiles.sheet import Rows
from gridgeo.tiles.tree import Tree
from gridgeo.tiles.values import Values
from gridgeo.units.model import Shape

BOUNDS = statement(__package__, "bounds")
UNIT_ROWS = statement(__package__, "unit_rows")
GONE_UNITS = statement(__package__, "gone_units")
RESHAPED_UNITS = statement(__package__, "reshaped_units")
SHAPES_OF_UNITS = statement(__package__, "shapes_of_units")

_TREE_COLUMNS = 4

ENCODE = (
    b"SELECT ST_AsMVT(tile, %%(layer)s, 4096, 'geom', 'id') FROM (%s) AS tile "
    b"WHERE geom IS NOT NULL"
)


def encode_tile(conn: Connection[Any], request: TileRequest) -> bytes:
    """Return the bytes of a Mapbox Vector Tile 2.1; empty when nothing lies in it."""
    row = conn.execute(ENCODE % request.layer.layer.statement, request.parameters).fetchone()
    return bytes(row[0]) if row else b""


def bounds(conn: Connection[Any], version: int) -> list[float]:
    """Return west, south, east, north of the city in degrees."""
    row = conn.execute(BOUNDS, {"version": version}).fetchone()
    if row is None:
        raise Unavailable(f"Map version {version} has no root unit.")
    return list(row)


def draw_version(
    conn: Connection[Any], version: int, shown: Sequence[Shown], report: Report
) -> Drawings:
    """Draw a map version for all its zooms; a large city takes a minute."""
    rows = conn.execute(UNIT_ROWS, {"version": version, "before": None}).fetchall()
    tree = Tree.of([row[:_TREE_COLUMNS] for row in rows])
    values = Values.of({row[0]: row[_TREE_COLUMNS:] for row in rows})
    del rows
    read = partial(shapes_of, conn, version)
    return Drawings.build(tree, values, shown, read, report)


def change_between(conn: Connection[Any], tree: Tree, before: int, version: int) -> Change:
    """Return what leads from the units of a version, given as a tree, to those of a later one."""
    between = {"before": before, "version": version}
    rows = conn.execute(UNIT_ROWS, between).fetchall()
    gone = _ids(conn, GONE_UNITS, between)
    later = tree.replaced(gone, [row[:_TREE_COLUMNS] for row in rows])
    said = {row[0]: row[_TREE_COLUMNS:] for row in rows}
    return Change(later, said, _ids(conn, RESHAPED_UNITS, between))


def shapes_of(conn: Connection[Any], version: int, ids: Rows) -> list[Shape]:
    """Return the shapes of units, given ascending by id, at a version, in their order."""
    found = conn.execute(SHAPES_OF_UNITS, {"ids": ids.tolist(), "version": version}).fetchall()
    shapes: list[Shape] = shapely.from_wkb([wkb for _, wkb in found]).tolist()
    return shapes


def _ids(conn: Connection[Any], query: bytes, between: dict[str, int]) -> Rows:
    return np.array([row[0] for row in conn.execute(query, between)], dtype=np.int32)
