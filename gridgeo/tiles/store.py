"""Tiles straight from PostGIS."""

from typing import Any

from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.errors import Unavailable
from gridgeo.tiles.model import TileRequest

BOUNDS = statement(__package__, "bounds")

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
