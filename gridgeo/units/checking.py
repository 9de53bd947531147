"""The whole map against what the database remembers of it: history, areas, and what stands on it.

Everything here only reads, on one connection in one snapshot, so that it may run beside a live
city. A fault of the history that has no place of its own is put inside the city's outline.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.plain_index import NOWHERE, PlainIndex
from gridgeo.geometry.problem import Problem
from gridgeo.units.model import Unit

CHECK_VERSIONS = statement(__package__, "check_versions")
CHECK_RANGES = statement(__package__, "check_ranges")
CHECK_SPANS = statement(__package__, "check_spans")
CHECK_LINEAGE = statement(__package__, "check_lineage")
CHECK_LINEAGE_ENDS = statement(__package__, "check_lineage_ends")
CHECK_AREAS = statement(__package__, "check_areas")
CHECK_DEVICES = statement(__package__, "check_devices")
CHECK_EVENTS = statement(__package__, "check_events")

AREA_TOLERANCE_M2 = 0.01
SHARE_TOLERANCE = 1e-6

_AT_ONCE = 20_000

Report = Callable[[str, float | None], None]
Place = tuple[float, float]


def check_history(conn: Connection[Any], version: int, place: Place) -> list[Problem]:
    """Check versions, ranges and lineage up to a version.

    The versions follow one another, every row of the map begins and ends at one of them, whoever
    has a name has a shape, and the land of every old leaf went somewhere.
    """
    at = {"version": version, "tolerance": SHARE_TOLERANCE}
    return [
        *(
            _fault((), place, f"map version {number} does not follow the one before it")
            for (number,) in conn.execute(CHECK_VERSIONS, at)
        ),
        *(
            _fault((code,), place, f"a row of {what} {code} holds for versions {versions}, "
                   "and not both ends are map versions")
            for code, what, versions in conn.execute(CHECK_RANGES)
        ),
        *(
            _fault((code,), place, f"unit {code} and its shape do not hold for the same versions")
            for (code,) in conn.execute(CHECK_SPANS)
        ),
        *(
            _fault((code,), place if lon is None else (lon, lat),
                   f"in version {number} {share:.6f} of the land of leaf {code} went on, not all")
            for number, code, share, lon, lat in conn.execute(CHECK_LINEAGE, at)
        ),
        *(
            _fault(tuple(sorted({code for code in (giver, taker) if code})), place,
                   f"the lineage of version {number} {'leads to' if given else 'comes from'} "
                   "a unit that is not there")
            for number, giver, taker, given in conn.execute(CHECK_LINEAGE_ENDS, at)
        ),
    ]  # fmt: skip


def check_areas(
    conn: Connection[Any], version: int, units: Mapping[str, Unit], planar: Planar, report: Report
) -> list[Problem]:
    """Each unit's stored area is that of its shape, within 0.01 square metres."""
    stored = dict(conn.execute(CHECK_AREAS, {"version": version}).fetchall())
    codes, found = list(units), []
    for first in range(0, len(codes), _AT_ONCE):
        report("measuring areas", first / len(codes))
        chunk = codes[first : first + _AT_ONCE]
        areas_m2 = planar.areas_m2([units[code].shape for code in chunk]).tolist()
        for code, area_m2 in zip(chunk, areas_m2, strict=True):
            if not abs(stored[code] - area_m2) <= AREA_TOLERANCE_M2:
                message = f"{stored[code]:.3f} m2 are stored, the shape has {area_m2:.3f} m2"
                found.append(_fault((code,), place_in(units[code]), message))
    return found


def check_homes(
    conn: Connection[Any], version: int, units: Mapping[str, Unit], report: Report
) -> list[Problem]:
    """Each device and event is filed under the leaf in which it stands; for the live version.

    They are placed by the plain engine, not the one that filed them: a second opinion, and over a
    whole city sooner there, since it takes a tenth of the time to build.
    """
    codes = sorted((unit.code for unit in units.values() if unit.is_leaf), key=str.encode)
    report("indexing the leaves", None)
    index = PlainIndex.build([units[code].shape for code in codes], codes=codes, snap=False)
    found = []
    for what, query in (("device", CHECK_DEVICES), ("event", CHECK_EVENTS)):
        strays: dict[tuple[str | None, str | None], list[tuple[str, float, float]]]
        strays = defaultdict(list)
        report(f"placing {what}s", None)
        with conn.cursor(f"check_{what}") as cursor:
            cursor.execute(query, {"version": version})
            while rows := cursor.fetchmany(_AT_ONCE):
                names, lon, lat, filed = zip(*rows, strict=True)
                homes = index.locate(np.array(lon), np.array(lat)).tolist()
                for row, home in enumerate(homes):
                    right = None if home == NOWHERE else codes[home]
                    if right != filed[row]:
                        strays[filed[row], right].append((names[row], lon[row], lat[row]))
        found += [_stray(what, *ends, rows) for ends, rows in strays.items()]
    return sorted(found, key=lambda problem: (problem.codes, problem.message))


def _stray(
    what: str, filed: str | None, right: str | None, rows: list[tuple[str, float, float]]
) -> Problem:
    name, lon, lat = min(rows)
    codes = tuple(sorted({code for code in (filed, right) if code}))
    message = (
        f"{len(rows)} {what}(s), such as {name}, are filed under {filed or 'nobody'} and stand in "
        f"{right or 'no leaf'}"
    )
    return _fault(codes, (lon, lat), message)


def place_in(unit: Unit) -> Place:
    """Longitude and latitude of a point inside a unit."""
    point = unit.shape.representative_point()
    return point.x, point.y


def _fault(codes: tuple[str, ...], place: Place, message: str) -> Problem:
    return Problem("invalid", codes, *place, message)
