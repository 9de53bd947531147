"""Who has the land and the households of a unit today, through all versions since."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.errors import NotFound

LEAVES_OF_UNIT = statement(__package__, "leaves_of_unit")
LINEAGE_FROM = statement(__package__, "lineage_from")
UNITS_OF_LEAVES = statement(__package__, "units_of_leaves")
LAST_VERSION_OF = statement(__package__, "last_version_of")

_LEAST_SHARE = 1e-12

Shares = dict[int, tuple[float, float]]
"""Shares of land and of households by unit id."""


@dataclass(frozen=True, slots=True)
class Heir:
    """A unit that has some of the land, as shares of the land and households of the old unit."""

    code: str
    level: str
    name: str
    area_share: float
    household_share: float


def heirs_of(conn: Connection[Any], code: str, at: int | None, head: int) -> tuple[int, list[Heir]]:
    """Return the heirs in a version, the largest first, and the version they inherit from.

    A leaf has leaves for heirs, a unit above the leaves units of its own level. A unit that is
    still there is among its own heirs.

    Parameters
    ----------
    at
        The version in which the unit is looked at; the last in which it was there if None.
    head
        The version whose units inherit.

    Raises
    ------
    NotFound
        No unit carried the code in that version, or ever.
    """
    found = conn.execute(
        LAST_VERSION_OF, {"code": code, "version": head if at is None else at}
    ).fetchone()
    if found is None or at not in (None, found[1]):
        when = "ever" if at is None else f"in map version {at}"
        raise NotFound(f"No unit carried the code {code!r} {when}.", key="code", value=code)
    level, since = found
    rows = conn.execute(LEAVES_OF_UNIT, {"code": code, "version": since}).fetchall()
    shares = _first_shares(rows)
    query = {"unit_ids": list(shares), "version": since}
    shares = _followed(shares, conn.execute(LINEAGE_FROM, query).fetchall(), head)
    return since, _heirs(conn, shares, level, head)


def _first_shares(rows: Sequence[tuple[int, float, int]]) -> Shares:
    """Return the shares of the leaves of a unit; without any household they share like land."""
    area_m2 = sum(row[1] for row in rows)
    households = sum(row[2] for row in rows)
    return {
        unit_id: (area / area_m2, number / households if households else area / area_m2)
        for unit_id, area, number in rows
    }


def _followed(
    shares: Shares, rows: Sequence[tuple[int, int, int, float, float]], head: int
) -> Shares:
    """Return the shares after each version has handed land on, in order."""
    versions: dict[int, dict[int, list[tuple[int, float, float]]]]
    versions = defaultdict(lambda: defaultdict(list))
    for version, giver, taker, area, households in rows:
        if version <= head:
            versions[version][giver].append((taker, area, households))
    for version in sorted(versions):
        shares = _handed_on(shares, versions[version])
    return shares


def _handed_on(shares: Shares, given: Mapping[int, Sequence[tuple[int, float, float]]]) -> Shares:
    sums: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for unit_id, (area, households) in shares.items():
        for taker, area_share, household_share in given.get(unit_id, [(unit_id, 1.0, 1.0)]):
            sums[taker][0] += area * area_share
            sums[taker][1] += households * household_share
    return {unit_id: (area, households) for unit_id, (area, households) in sums.items()}


def _heirs(conn: Connection[Any], shares: Shares, level: str, head: int) -> list[Heir]:
    query = {"unit_ids": list(shares), "version": head, "level": level}
    named: dict[tuple[str, str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for leaf_id, *unit in conn.execute(UNITS_OF_LEAVES, query):
        area, households = shares[leaf_id]
        named[unit[0], unit[1], unit[2]][0] += area
        named[unit[0], unit[1], unit[2]][1] += households
    heirs = [Heir(*unit, *both) for unit, both in named.items() if both[0] > _LEAST_SHARE]
    return sorted(heirs, key=lambda heir: (-heir.area_share, heir.code))
