"""What lies between two versions, as the change that leads from one to the other."""

from typing import Any

from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.geometry.delta import Delta
from gridgeo.units.model import ExclusiveGrid, Unit
from gridgeo.units.store import exclusive_by_codes, units_by_ids

IDS_CHANGED = statement(__package__, "ids_changed")
EXCLUSIVE_CODES_CHANGED = statement(__package__, "exclusive_codes_changed")


def units_between(conn: Connection[Any], before: int, after: int) -> Delta[Unit]:
    """Return how the units of a version differ from those of an earlier one, by code."""
    ids = [row[0] for row in conn.execute(IDS_CHANGED, {"before": before, "after": after})]
    then, now = (
        {unit.code: unit for unit in units_by_ids(conn, version, ids).values()}
        for version in (before, after)
    )
    return Delta(then, now)


def exclusive_between(conn: Connection[Any], before: int, after: int) -> Delta[ExclusiveGrid]:
    """Return how the exclusive grids of a version differ from those of an earlier one, by code."""
    query = {"before": before, "after": after}
    codes = [row[0] for row in conn.execute(EXCLUSIVE_CODES_CHANGED, query)]
    then, now = (exclusive_by_codes(conn, version, codes) for version in (before, after))
    return Delta(then, now)
