"""Bringing a version of the city into memory, once per process."""

from typing import Any

import shapely
from psycopg import Connection
from psycopg.rows import class_row

from gridgeo.db.cache import ImmutableCache
from gridgeo.db.sql import statement
from gridgeo.geometry.errors import InvalidShape
from gridgeo.locate.model import CityIndex, ExclusiveRef, UnitRef
from gridgeo.units.model import MapVersion, Shape
from gridgeo.units.store import read_profile

UNIT_REFS = statement(__package__, "unit_refs")
LEAF_SHAPES = statement(__package__, "leaf_shapes")
CHANGED_LEAVES = statement(__package__, "changed_leaves")
ONLY_SHAPES_CHANGED = statement(__package__, "only_shapes_changed")
EXCLUSIVE_SHAPES = statement(__package__, "exclusive_shapes")

Indexes = ImmutableCache[int, CityIndex]
"""The cities kept in memory, by version number; a version never changes, so none grows stale."""


def index_of(conn: Connection[Any], indexes: Indexes, version: MapVersion) -> CityIndex:
    """Return the index of a map version: from memory, out of the version before, or read anew."""

    def load() -> CityIndex:
        before = indexes.peek(version.version - 1)
        followed = None if before is None else _follow(conn, before, version)
        return followed or load_index(conn, version)

    return indexes.get(version.version, load)


def _follow(conn: Connection[Any], before: CityIndex, version: MapVersion) -> CityIndex | None:
    """Patch the city of the version before; None when more than leaves' shapes changed."""
    at = {"version": version.version}
    row = conn.execute(ONLY_SHAPES_CHANGED, at).fetchone()
    if row is None or not row[0]:
        return None
    old: dict[int, Shape] = {}
    new: dict[int, Shape] = {}
    for unit_id, is_new, wkb in conn.execute(CHANGED_LEAVES, at):
        (new if is_new else old)[unit_id] = shapely.from_wkb(wkb)
    if old.keys() != new.keys():
        return None
    try:
        return before.reshaped(version, old, new)
    except InvalidShape:
        return None


def load_index(
    conn: Connection[Any],
    version: MapVersion,
    box: tuple[float, float, float, float] | None = None,
) -> CityIndex:
    """Read one map version from the database and index it.

    With a box (west, south, east, north in degrees) only the leaves and exclusive grids that meet
    it are read: enough to place every point inside the box.
    """
    at = {"version": version.version, "box": None if box is None else list(box)}
    rows = conn.execute(LEAF_SHAPES, at).fetchall()
    shapes = shapely.from_wkb([row[1] for row in rows])
    exclusive = conn.execute(EXCLUSIVE_SHAPES, at).fetchall()
    with conn.cursor(row_factory=class_row(UnitRef)) as cursor:
        cursor.execute(UNIT_REFS, {**at, "leaf_ids": [row[0] for row in rows]})
        units = {ref.unit_id: ref for ref in cursor}
    return CityIndex(
        version=version,
        units=units,
        leaves={row[0]: shape for row, shape in zip(rows, shapes, strict=True)},
        exclusive=[
            (ExclusiveRef(row[0], row[1], row[2]), shapely.from_wkb(row[3])) for row in exclusive
        ],
        planar_srid=read_profile(conn).planar_srid,
    )
