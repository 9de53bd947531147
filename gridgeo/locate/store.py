"""Bringing a version of the city into memory, once per process."""

from collections.abc import Mapping
from typing import Any

import shapely
from psycopg import Connection
from psycopg.rows import class_row

from gridgeo.db.cache import ImmutableCache
from gridgeo.db.sql import statement
from gridgeo.geometry.errors import InvalidShape
from gridgeo.locate.model import CityChange, CityIndex, ExclusiveRef, UnitRef
from gridgeo.units.model import MapVersion, Shape
from gridgeo.units.store import read_profile, resolve_version

UNIT_REFS = statement(__package__, "unit_refs")
LEAF_SHAPES = statement(__package__, "leaf_shapes")
LEAF_SHAPES_IN_BOX = statement(__package__, "leaf_shapes_in_box")
CHANGED_LEAVES = statement(__package__, "changed_leaves")
CHANGED_UNITS = statement(__package__, "changed_units")
EXCLUSIVE_CHANGED = statement(__package__, "exclusive_changed")
HEAD_AND_DELAY = statement(__package__, "head_and_delay")
WITHOUT_HURRY = statement(__package__, "without_hurry")
EXCLUSIVE_SHAPES = statement(__package__, "exclusive_shapes")

Indexes = ImmutableCache[int, CityIndex]
"""The cities kept in memory, by version number; a version never changes, so none grows stale."""


def index_of(conn: Connection[Any], indexes: Indexes, version: MapVersion) -> CityIndex:
    """Return the index of a map version: from memory, out of the version before, or read anew."""

    def load() -> CityIndex:
        before = indexes.peek(version.version - 1)
        followed = None if before is None else follow(conn, before, version)
        return followed or load_index(conn, version)

    return indexes.get(version.version, load)


def follow(conn: Connection[Any], before: CityIndex, version: MapVersion) -> CityIndex | None:
    """Patch the city of an earlier version; None when the map must be read anew."""
    between = {"before": before.version.version, "version": version.version}
    old: dict[int, Shape] = {}
    new: dict[int, Shape] = {}
    for unit_id, is_new, wkb in conn.execute(CHANGED_LEAVES, between):
        (new if is_new else old)[unit_id] = shapely.from_wkb(wkb)
    units = _units_after(conn, before, between)
    change = CityChange(version, units, old, new, _exclusive_after(conn, between))
    try:
        return before.followed(change)
    except InvalidShape:
        return None


def _units_after(
    conn: Connection[Any], before: CityIndex, between: Mapping[str, int]
) -> Mapping[int, UnitRef]:
    """Return the units of the later version; the same mapping when none has changed."""
    changed = conn.execute(CHANGED_UNITS, between).fetchall()
    if not changed:
        return before.units
    gone = {unit_id for unit_id, code, *_ in changed if code is None}
    kept = {i: ref for i, ref in before.units.items() if i not in gone}
    return {**kept, **{row[0]: UnitRef(*row) for row in changed if row[1] is not None}}


def _exclusive_after(
    conn: Connection[Any], between: Mapping[str, int]
) -> list[tuple[ExclusiveRef, Shape]] | None:
    """Return all exclusive grids of the later version; None when none has changed."""
    row = conn.execute(EXCLUSIVE_CHANGED, between).fetchone()
    assert row is not None
    return _exclusive(conn, between["version"], None) if row[0] else None


def _exclusive(
    conn: Connection[Any], version: int, box: list[float] | None
) -> list[tuple[ExclusiveRef, Shape]]:
    rows = conn.execute(EXCLUSIVE_SHAPES, {"version": version, "box": box}).fetchall()
    shapes = shapely.from_wkb([row[3] for row in rows])
    return [(ExclusiveRef(*row[:3]), shape) for row, shape in zip(rows, shapes, strict=True)]


def head_and_delay(conn: Connection[Any], served: int | None) -> tuple[int | None, float]:
    """Return the live version, and for how many seconds there has been one after `served`."""
    row = conn.execute(HEAD_AND_DELAY, {"served": served}).fetchone()
    assert row is not None
    return row[0], row[1]


def load_head(conn: Connection[Any]) -> CityIndex:
    """Read the live map and index it, with the time that a large city needs.

    Raises
    ------
    Unavailable
        No map has been published yet.
    """
    conn.execute(WITHOUT_HURRY)
    return load_index(conn, resolve_version(conn))


def load_index(
    conn: Connection[Any],
    version: MapVersion,
    box: tuple[float, float, float, float] | None = None,
) -> CityIndex:
    """Read one map version from the database and index it.

    With a box (west, south, east, north in degrees) only the leaves and exclusive grids that meet
    it are read: enough to place every point inside the box.
    """
    at: dict[str, Any] = {"version": version.version, "box": None if box is None else list(box)}
    rows = conn.execute(LEAF_SHAPES if box is None else LEAF_SHAPES_IN_BOX, at).fetchall()
    shapes = shapely.from_wkb([row[1] for row in rows])
    with conn.cursor(row_factory=class_row(UnitRef)) as cursor:
        cursor.execute(UNIT_REFS, {**at, "leaf_ids": [row[0] for row in rows]})
        units = {ref.unit_id: ref for ref in cursor}
    return CityIndex.build(
        version=version,
        units=units,
        leaves={row[0]: shape for row, shape in zip(rows, shapes, strict=True)},
        exclusive=_exclusive(conn, version.version, at["box"]),
        planar_srid=read_profile(conn).planar_srid,
    )
