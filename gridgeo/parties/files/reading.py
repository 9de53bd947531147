"""Reading rule documents: each row becomes a value and stays beside it, or is told as a fault."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from gridgeo.parties.calendars import ALWAYS, DAY_KINDS, DAY_MIN, Shift, ShiftCalendar, When
from gridgeo.parties.files.cells import Cells
from gridgeo.parties.files.document import (
    ATTACHMENTS,
    DAYS,
    MAPPINGS,
    PARTIES,
    POSTS,
    RULES,
    SHAPE,
    SHIFTS,
    SPECIAL_DAYS,
    RuleDocument,
)
from gridgeo.parties.files.tables import Fault, Row, read_tables
from gridgeo.parties.model import HANDLINGS, ROLES, TREES, DutyPost
from gridgeo.parties.written import CategoryMapping, ChangeSet, NewAttachment, NewParty, NewRule

MAX_TOLERANCE_M = 500.0


def read_document(path: Path, zone: tzinfo) -> tuple[RuleDocument, list[Fault]]:
    """Read a rule document.

    Parameters
    ----------
    zone
        The city's own: of instants without an offset.

    Returns
    -------
    What it says, and every fault in the order of the files. With a fault it must not be used.

    Raises
    ------
    BadInput
        There is no document, or it cannot be read at all.
    """
    tables, faults = read_tables(path, SHAPE)
    return from_tables(tables, zone, faults), faults


def from_tables(
    tables: Mapping[str, Sequence[Row]], zone: tzinfo, faults: list[Fault]
) -> RuleDocument:
    """Turn rows into values; a row that cannot be one is left out and noted in `faults`."""
    sound: dict[str, list[Row]] = {}

    def read(table: str, reading: Callable[[Cells], Any]) -> list[Any]:
        """Return the values of a table, and keep its sound rows."""
        values = []
        sound_rows = []
        for row in tables.get(table, ()):
            before = len(faults)
            value = reading(Cells(row, faults))
            if len(faults) == before:
                values.append(value)
                sound_rows.append(row)
        if table in tables:
            sound[table] = sound_rows
        return values

    changes = ChangeSet(
        parties=read(PARTIES, _party),
        attached=read(ATTACHMENTS, _attachment),
        shifts=_calendars(read(SHIFTS, _shift)),
        days=dict(read(DAYS, _day)),
        mappings=read(MAPPINGS, _mapping),
        rules=read(RULES, lambda cells: _rule(cells, zone)),
        replace=True,
    )
    return RuleDocument(changes, read(POSTS, _post), sound)


def _party(cells: Cells) -> NewParty:
    synthetic = cells.one_of("synthetic", ("yes", "no"), "no")
    return NewParty(
        code=cells.needed("code"),
        name=cells.needed("name"),
        kind=cells.needed("kind"),
        contact=cells.text("contact"),
        synthetic=synthetic == "yes",
        superior_code=cells.maybe("superior"),
    )


def _attachment(cells: Cells) -> NewAttachment:
    cells.exactly_one("unit", "exclusive_grid")
    return NewAttachment(
        party_code=cells.needed("party"),
        unit_code=cells.maybe("unit"),
        exclusive_code=cells.maybe("exclusive_grid"),
        role=cells.one_of("role", ROLES, "lead"),
    )


def _shift(cells: Cells) -> tuple[str, str, Shift]:
    starts = cells.read("from", _minute_of_day, 0, "time of day such as 08:00")
    ends = cells.read("to", _minute_of_day, DAY_MIN, "time of day such as 20:00 or 24:00")
    if starts == DAY_MIN:
        cells.refuse("from", "a shift that begins at 24:00 begins at 00:00")
    weekdays = cells.weekdays("weekdays") or frozenset(range(1, 8))
    shift = Shift(cells.needed("shift"), weekdays, starts, ends)
    return cells.needed("calendar"), cells.text("calendar_name"), shift


def _day(cells: Cells) -> tuple[date, str]:
    cells.needed("date")
    day = cells.read("date", date.fromisoformat, date.min, "date such as 2026-10-01")
    return day, cells.one_of("day", SPECIAL_DAYS)


def _mapping(cells: Cells) -> CategoryMapping:
    return CategoryMapping(*(cells.needed(key) for key in SHAPE[MAPPINGS]))


def _rule(cells: Cells, zone: tzinfo) -> NewRule:
    cells.exactly_one("unit", "exclusive_grid", "asset_kind")
    cells.exactly_one("party", "party_kind")
    cells.together("scheme", "category")
    cells.together("shift_calendar", "shift")
    tolerance_m = cells.read("tolerance_m", float, None, "number of metres")
    if (tolerance_m is None) != (not cells.text("asset_kind")):
        cells.refuse("tolerance_m", "say it with an asset_kind, and only then")
    elif tolerance_m is not None and not 0 <= tolerance_m <= MAX_TOLERANCE_M:
        cells.refuse("tolerance_m", f"it must be from 0 to {MAX_TOLERANCE_M:g} metres")
    if cells.text("asset_name") and not cells.text("asset_kind"):
        cells.refuse("asset_name", "it narrows an asset_kind; say that too")
    if cells.text("reports_to") and cells.text("reports_to_kind"):
        cells.refuse("reports_to_kind", "say it or reports_to, not both")
    return NewRule(
        party_code=cells.maybe("party"),
        unit_code=cells.maybe("unit"),
        exclusive_code=cells.maybe("exclusive_grid"),
        category_scheme=cells.maybe("scheme"),
        category=cells.maybe("category"),
        role=cells.one_of("role", ROLES, "lead"),
        party_kind=cells.maybe("party_kind"),
        asset_kind=cells.maybe("asset_kind"),
        asset_name=cells.maybe("asset_name"),
        tolerance_m=tolerance_m,
        mode=cells.maybe("mode"),
        when=_when(cells, zone),
        priority=cells.read("priority", int, 0, "whole number"),
        tree=cells.one_of("tree", TREES, TREES[0]),
        handling=cells.one_of("handling", HANDLINGS, HANDLINGS[0]),
        reports_to_code=cells.maybe("reports_to"),
        reports_to_kind=cells.maybe("reports_to_kind"),
    )


def _when(cells: Cells, zone: tzinfo) -> When:
    def instant(text: str) -> datetime:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)

    what = "instant such as 2026-10-01T08:00 or 2026-10-01T08:00+08:00"
    valid_from = cells.read("valid_from", instant, None, what)
    valid_to = cells.read("valid_to", instant, None, what)
    if valid_from is not None and valid_to is not None and valid_to <= valid_from:
        cells.refuse("valid_to", "the rule ends before it begins; exchange valid_from and valid_to")
    shift = cells.text("shift_calendar"), cells.text("shift")
    when = When(
        shift=shift if all(shift) else None,
        weekdays=cells.weekdays("weekdays"),
        day_kinds=frozenset(cells.several_of("day_kinds", DAY_KINDS)),
        valid_from=valid_from,
        valid_to=valid_to,
    )
    return ALWAYS if when == ALWAYS else when


def _post(cells: Cells) -> DutyPost:
    cells.exactly_one("unit", "exclusive_grid")
    cells.together("shift_calendar", "shift")
    return DutyPost(
        code=cells.needed("code"),
        kind=cells.needed("kind"),
        unit_code=cells.maybe("unit"),
        exclusive_code=cells.maybe("exclusive_grid"),
        role=cells.one_of("role", ROLES, "lead"),
        contact=cells.text("contact"),
        ref=cells.maybe("ref"),
        shift_calendar=cells.maybe("shift_calendar"),
        shift=cells.maybe("shift"),
    )


def _calendars(rows: Iterable[tuple[str, str, Shift]]) -> list[ShiftCalendar]:
    """Gather shifts into calendars, in the order of their first shift."""
    found: dict[str, ShiftCalendar] = {}
    for code, name, shift in rows:
        calendar = found.get(code, ShiftCalendar(code, name or code, ()))
        found[code] = replace(calendar, shifts=(*calendar.shifts, shift))
    return list(found.values())


def _minute_of_day(text: str) -> int:
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2):
        raise ValueError(text)
    minute = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or minute > DAY_MIN:
        raise ValueError(text)
    return minute
