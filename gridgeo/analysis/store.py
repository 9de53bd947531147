"""Counting what stands in the city."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from gridgeo.analysis.model import CoverUnit, Density, by_cell, by_unit
from gridgeo.db.sql import statement
from gridgeo.units.model import Profile

COUNT = {
    "events": statement(__package__, "count_events"),
    "devices": statement(__package__, "count_devices"),
}
POINTS = {
    "events": statement(__package__, "event_points"),
    "devices": statement(__package__, "device_points"),
}
COVER_UNITS = statement(__package__, "cover_units")


def density_by_unit(
    conn: Connection[Any],
    what: str,
    version: int,
    profile: Profile,
    level: str,
    since: datetime | None,
    until: datetime | None,
) -> Density:
    """Count events or devices over the cover at a level of the live map."""
    profile.level(level)
    counts = dict(conn.execute(COUNT[what], {"since": since, "until": until}).fetchall())
    with conn.cursor(row_factory=class_row(CoverUnit)) as cursor:
        units = cursor.execute(COVER_UNITS, {"version": version}).fetchall()
    depths = {known.level: known.depth for known in profile.levels}
    return by_unit(counts, units, depths, level)


def density_by_cell(
    conn: Connection[Any],
    what: str,
    resolution: int,
    since: datetime | None,
    until: datetime | None,
) -> Density:
    """Count events or devices by H3 cell."""
    return by_cell(conn.execute(POINTS[what], {"since": since, "until": until}), resolution)
