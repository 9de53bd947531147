"""Operating modes switched on and off; what was on is kept, so that past answers come again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import shapely
from psycopg import Connection
from psycopg.rows import dict_row
from shapely import MultiPolygon, Polygon

from gridgeo.db.sql import statement
from gridgeo.errors import BadInput, StateConflict, UnknownKeyword
from gridgeo.geometry.lattice import snap
from gridgeo.parties.calendars import DAILY, ModePeriod
from gridgeo.parties.store import list_modes
from gridgeo.units.store import unit_ids

MODE_PERIODS = statement(__package__, "mode_periods")
LIST_MODE_PERIODS = statement(__package__, "list_mode_periods")
SWITCH_ON = statement(__package__, "switch_on")
SWITCH_OFF = statement(__package__, "switch_off")
NOTIFY_MODES = statement(__package__, "notify_modes")


def mode_periods(conn: Connection[Any], instant: datetime) -> tuple[ModePeriod, ...]:
    """Return the modes that are on at an instant or will be, oldest first."""
    rows = conn.execute(MODE_PERIODS, {"instant": instant}).fetchall()
    return tuple(_period(*row) for row in rows)


def _period(
    period_id: int, mode: str, starts_at: datetime, ends_at: datetime | None, units: Sequence[int],
    area: bytes | None, note: str,
) -> ModePeriod:  # fmt: skip
    shape: Any = None if area is None else shapely.from_wkb(area)
    if shape is not None:
        shapely.prepare(shape)
    return ModePeriod(period_id, mode, starts_at, ends_at, frozenset(units), shape, note)


def list_mode_periods(
    conn: Connection[Any], on_at: datetime | None, before: int | None, limit: int
) -> list[dict[str, Any]]:
    """Return what was switched on, newest first, before a period id; or only what was on then."""
    query = {"on_at": on_at, "before": before, "limit": limit}
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST_MODE_PERIODS, query).fetchall()


def switch_on(
    conn: Connection[Any],
    mode: str,
    actor: str,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    units: Sequence[str] = (),
    area: Polygon | MultiPolygon | None = None,
    note: str = "",
) -> int:
    """Switch a mode on, now or later, in units and below, in a shape in degrees, or everywhere.

    Returns the id of the period, by which it is switched off.

    Raises
    ------
    UnknownKeyword
        No such mode or unit, or the daily mode, which is on where no other is.
    BadInput
        Units and a shape, a shape that is not valid, or an end that is not after the start.
    """
    _require_mode(conn, mode)
    ids = _ids_of(conn, units)
    if area is not None and (units or not area.is_valid or area.is_empty):
        raise BadInput("Give units or a valid polygon in degrees, one of them.", key="area")
    now = datetime.now(UTC)
    if ends_at is not None and ends_at <= max(starts_at or now, now):
        raise BadInput("A mode ends after it starts, and after now.", key="ends_at", value=ends_at)
    row = conn.execute(
        SWITCH_ON,
        {
            "mode": mode, "starts_at": starts_at, "ends_at": ends_at, "unit_ids": ids,
            "area": None if area is None else shapely.to_wkb(snap(area)),
            "note": note, "actor": actor,
        },
    ).fetchone()  # fmt: skip
    assert row is not None
    conn.execute(NOTIFY_MODES)
    return int(row[0])


def switch_off(
    conn: Connection[Any], period_id: int, actor: str, ends_at: datetime | None = None
) -> None:
    """End a mode now or at an instant to come; raises `StateConflict` if it has ended already."""
    query = {"period_id": period_id, "ends_at": ends_at, "actor": actor}
    if conn.execute(SWITCH_OFF, query).fetchone() is None:
        raise StateConflict(
            f"There is no mode period {period_id} that is on or to come; GET /modes lists them.",
            key="period_id",
            value=period_id,
        )
    conn.execute(NOTIFY_MODES)


def _require_mode(conn: Connection[Any], mode: str) -> None:
    known = [row["mode"] for row in list_modes(conn) if row["mode"] != DAILY]
    if mode not in known:
        raise UnknownKeyword(
            f"There is no mode {mode!r} to switch on; the modes are {', '.join(known)}.",
            key="mode",
            value=mode,
        )


def _ids_of(conn: Connection[Any], units: Sequence[str]) -> list[int]:
    ids = unit_ids(conn, units)
    for code in units:
        if code not in ids:
            raise UnknownKeyword(f"There is no unit {code!r}.", key="units", value=code)
    return sorted(ids.values())
