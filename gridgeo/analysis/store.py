"""Counting what stands in the city."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from psycopg import Connection
from psycopg.rows import class_row

from gridgeo.analysis.model import CellCounts, CoverUnit, Density, by_unit
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
ALLOW_LONG_COUNT = statement(__package__, "allow_long_count")

LIMIT_MS = 60_000
"""So long a count for many requests may run."""

BLOCK = 1 << 16
"""So many points at most come in one row."""

BLOCKS_AT_ONCE = 16
"""How many rows are read at once, so that millions of points do not fill the memory."""


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
    units = cover_units(conn, version)
    return count_over(units, count_by_leaf(conn, what, since, until), profile, level)


def cover_units(conn: Connection[Any], version: int) -> list[CoverUnit]:
    """Return all units of a version, in no order."""
    with conn.cursor(row_factory=class_row(CoverUnit)) as cursor:
        return cursor.execute(COVER_UNITS, {"version": version}).fetchall()


def count_by_leaf(
    conn: Connection[Any], what: str, since: datetime | None, until: datetime | None
) -> Counter[int | None]:
    """Count events or devices by the id of their leaf on the live map, None outside the city."""
    return Counter(dict(conn.execute(COUNT[what], {"since": since, "until": until}).fetchall()))


def allow_long_count(conn: Connection[Any]) -> None:
    """Let a count whose figures many requests will use take its time, to the transaction's end."""
    conn.execute(ALLOW_LONG_COUNT, {"limit_ms": LIMIT_MS})


def count_over(
    units: Sequence[CoverUnit], counts: Mapping[int | None, int], profile: Profile, level: str
) -> Density:
    """Roll counts by leaf up to the cover at a level of the profile."""
    return by_unit(counts, units, {one.level: one.depth for one in profile.levels}, level)


def density_by_cell(
    conn: Connection[Any],
    what: str,
    resolution: int,
    since: datetime | None,
    until: datetime | None,
) -> Density:
    """Count events or devices by H3 cell."""
    return count_by_cell(conn, what, resolution, since, until).density


def count_by_cell(
    conn: Connection[Any],
    what: str,
    resolution: int,
    since: datetime | None,
    until: datetime | None,
) -> CellCounts:
    """Count events or devices by H3 cell, reading them bit by bit."""
    found = CellCounts(Counter(), 0)
    with conn.cursor(f"{what}_points", binary=True) as cursor:
        cursor.execute(POINTS[what], {"since": since, "until": until, "block": BLOCK})
        while rows := cursor.fetchmany(BLOCKS_AT_ONCE):
            places = np.frombuffer(b"".join(row[1] for row in rows), dtype=">f8")
            points = places.astype(np.float64).reshape(-1, 2)
            found += CellCounts.of(points, sum(row[0] for row in rows), resolution)
    return found
