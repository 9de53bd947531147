"""Features of a layer on their way through this process: read, changed, sent back to be cut.

PostGIS makes most tiles in one statement. Where vertices are converted, or a plan has other units,
the features come here in between; they are never simplified one by one.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from psycopg import Connection

from gridgeo.db.layers import Layer
from gridgeo.db.sql import statement
from gridgeo.geometry.shifting import box_before, shifted
from gridgeo.geometry.squares import Box
from gridgeo.tiles.model import Planned, TileLayer, TileRequest, said_of
from gridgeo.units.model import Unit

ENCODE_FEATURES = statement(__package__, "encode_features")

FEATURES = (
    b"SELECT id, ST_AsBinary(geom), jsonb_build_object(%s)::text FROM (%s) AS near"
    b" WHERE geom IS NOT NULL"
)


class Features(NamedTuple):
    """Features ascending by id: shapes in degrees of WGS 84, attributes as JSON."""

    ids: list[int]
    shapes: NDArray[np.object_]
    said: list[str]

    def replaced(self, out: Collection[int], units: Mapping[int, Unit]) -> "Features":
        """Return the features without some ids, and with units of a cover, old ids or new."""
        rows = [row for row, number in enumerate(self.ids) if number not in out]
        ids = [*(self.ids[row] for row in rows), *units]
        shapes = [*self.shapes[rows], *(unit.shape for unit in units.values())]
        told = [json.dumps(said_of(unit)) for unit in units.values()]
        said = [*(self.said[row] for row in rows), *told]
        order = sorted(range(len(ids)), key=ids.__getitem__)
        return Features(
            [ids[k] for k in order],
            np.array([*(shapes[k] for k in order), None], dtype=np.object_)[:-1],
            [said[k] for k in order],
        )


def encode_features(conn: Connection[Any], request: TileRequest, layer: TileLayer) -> bytes:
    """Return a tile's layer, as a plan has it and with all vertices in a datum."""
    square = request.square
    reach = square if request.datum is None else box_before(square, request.datum)
    found = _features(conn, request, layer.layer, reach)
    if request.plan is not None:
        found = _planned(found, request.plan, layer, reach)
    shapes = found.shapes if request.datum is None else shifted(found.shapes, request.datum)
    row = conn.execute(
        ENCODE_FEATURES,
        {
            "layer": layer.name, "buffer": layer.layer.buffer,
            "z": request.z, "x": request.x, "y": request.y,
            "ids": found.ids, "shapes": shapely.to_wkb(shapes).tolist(), "said": found.said,
        },
    ).fetchone()  # fmt: skip
    return bytes(row[0]) if row else b""


def _features(conn: Connection[Any], request: TileRequest, layer: Layer, reach: Box) -> Features:
    """Return what of a layer comes into a box, or more."""
    pairs = b", ".join(b"'%s', \"%s\"" % (name, name) for name in map(str.encode, layer.fields))
    query = FEATURES % (pairs, layer.statement)
    given = layer.completed(conn, request.parameters(layer, reach))
    rows = conn.execute(query, given, prepare=layer.prepare).fetchall()
    ids, shapes, said = ([row[k] for row in rows] for k in range(3))
    return Features(ids, shapely.from_wkb(np.array(shapes, dtype=np.object_)), said)


def _planned(found: Features, plan: Planned, layer: TileLayer, reach: Box) -> Features:
    """Return the features of a layer as a plan has them: those of a cover; labels of units only.

    Any other layer stays as it is.
    """
    if layer.is_cover:
        square = shapely.box(*reach)
        units = plan.cover(str(layer.layer.parameters["level"]))
        near = {n: unit for n, unit in units.items() if square.intersects(unit.shape)}
        return found.replaced(plan.gone | plan.units.keys(), near)
    return found.replaced(plan.gone, {}) if layer.shows_units else found
