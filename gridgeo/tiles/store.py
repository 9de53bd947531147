"""Tiles straight from PostGIS, and what the drawn ones are made of."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import shapely
from psycopg import Connection

from gridgeo.db.layers import Layer
from gridgeo.db.sql import statement
from gridgeo.errors import Unavailable
from gridgeo.geometry.shifting import shifted, shifted_box
from gridgeo.tiles.drawings import Change, Drawings, Report
from gridgeo.tiles.features import encode_features
from gridgeo.tiles.model import TileRequest
from gridgeo.tiles.parts import Parts
from gridgeo.tiles.scheme import Scheme
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


def draw_version(
    conn: Connection[Any], version: int, scheme: Scheme, report: Report,
    datum: str | None = None, parts: Parts | None = None,
) -> Drawings:  # fmt: skip
    """Draw a map version for all its zooms, in a datum if said; a large city takes a minute.

    Zooms that `parts` has are not drawn again.
    """
    rows = conn.execute(UNIT_ROWS, {"version": version, "before": None}).fetchall()
    tree = Tree.of([row[:_TREE_COLUMNS] for row in rows])
    values = Values.of({row[0]: row[_TREE_COLUMNS:] for row in rows})
    del rows
    read = partial(shapes_of, conn, version, datum=datum)
    return Drawings.build(tree, values, scheme, read, report, parts)


def change_between(conn: Connection[Any], tree: Tree, before: int, version: int) -> Change:
    """Return what leads from the units of a version, given as a tree, to those of a later one."""
    between = {"before": before, "version": version}
    rows = conn.execute(UNIT_ROWS, between).fetchall()
    gone = _ids(conn, GONE_UNITS, between)
    later = tree.replaced(gone, [row[:_TREE_COLUMNS] for row in rows])
    said = {row[0]: row[_TREE_COLUMNS:] for row in rows}
    return Change(later, said, _ids(conn, RESHAPED_UNITS, between))


def shapes_of(
    conn: Connection[Any], version: int, ids: Rows, datum: str | None = None
) -> list[Shape]:
    """Return the shapes of units, given ascending by id, at a version, in their order.

    In degrees of WGS 84, or of a datum.
    """
    found = conn.execute(SHAPES_OF_UNITS, {"ids": ids.tolist(), "version": version}).fetchall()
    shapes: list[Shape] = shapely.from_wkb([wkb for _, wkb in found]).tolist()
    return shapes if datum is None else shifted(shapes, datum).tolist()


def _ids(conn: Connection[Any], query: bytes, between: dict[str, int]) -> Rows:
    return np.array([row[0] for row in conn.execute(query, between)], dtype=np.int32)
