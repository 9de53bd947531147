"""Tiles straight from PostGIS."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from gridgeo.db.layers import Layer
from gridgeo.db.sql import statement
from gridgeo.errors import Unavailable
from gridgeo.geometry.shifting import shifted_box
from gridgeo.tiles.features import encode_features
from gridgeo.tiles.model import TileRequest

BOUNDS = statement(__package__, "bounds")

ENCODE = (
    b"SELECT ST_AsMVT(tile, %%(layer)s, 4096, 'geom', 'id') FROM (SELECT id, %s,"
    b" ST_AsMVTGeom(ST_Transform(geom, 3857), ST_TileEnvelope(%%(z)s, %%(x)s, %%(y)s), 4096,"
    b" %%(buffer)s, true) AS geom FROM (%s) AS near) AS tile WHERE geom IS NOT NULL"
)


def encode_tile(conn: Connection[Any], request: TileRequest) -> bytes:
    """Return the bytes of a Mapbox Vector Tile 2.1; empty when nothing lies in it."""
    return b"".join(encode_layers(conn, request))


def encode_layers(conn: Connection[Any], request: TileRequest) -> list[bytes]:
    """Return each layer of a tile, in order; they make the tile one after another."""
    found = {
        one.name: encode_features(conn, request, one)
        for one in request.layers
        if request.datum is not None or (request.plan is not None and one.shows_units)
    }
    others = [one.layer for one in request.layers if one.name not in found]
    made = dict(zip((layer.name for layer in others), _encoded(conn, request, others), strict=True))
    return [{**found, **made}[one.name] for one in request.layers]


def _encoded(conn: Connection[Any], request: TileRequest, layers: Sequence[Layer]) -> list[bytes]:
    """Return layers that PostGIS makes by itself, each in one statement."""
    taken = [_taken(conn, request, layer) for layer in layers]
    with conn.pipeline():
        sent = [
            conn.execute(_encoding(layer), given, prepare=layer.prepare)
            for layer, given in zip(layers, taken, strict=True)
        ]
        return [bytes(row[0]) for cursor in sent for row in cursor]


def _encoding(layer: Layer) -> bytes:
    fields = b", ".join(b'"%s"' % name.encode() for name in layer.fields)
    return ENCODE % (fields, layer.statement)


def _taken(conn: Connection[Any], request: TileRequest, layer: Layer) -> dict[str, object]:
    cut = {"layer": layer.name, "buffer": layer.buffer, "x": request.x, "y": request.y}
    return {**layer.completed(conn, request.parameters(layer)), **cut}


def bounds(conn: Connection[Any], version: int, datum: str | None = None) -> list[float]:
    """Return west, south, east, north of the city in degrees, of WGS 84 or of a datum."""
    row = conn.execute(BOUNDS, {"version": version}).fetchone()
    if row is None:
        raise Unavailable(f"Map version {version} has no root unit.")
    west, south, east, north = row
    box = west, south, east, north
    return list(box if datum is None else shifted_box(box, datum))
