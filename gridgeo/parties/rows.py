"""Rows of the tables of rules as values; the other way is `written_rows.py`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gridgeo.parties.calendars import ALWAYS, Shift, ShiftCalendar, When
from gridgeo.parties.model import Party, ResponsibilityRule

Row = Sequence[Any]


def rules_of(rows: Iterable[Row], parties: Mapping[int, Party]) -> Iterator[ResponsibilityRule]:
    """Yield the rules of rows of `rules_of_set.sql`; those with one condition on time share it."""
    whens: dict[tuple[object, ...], When] = {(None, None, (), (), None, None): ALWAYS}
    for row in rows:
        (
            rule_id, unit_id, exclusive_id, scheme, category, role, party_id, party_kind,
            asset_kind, asset_name, tolerance_m, mode, calendar, shift, weekdays, day_kinds,
            valid_from, valid_to, priority, tree, handling, reports_to_id, reports_to_kind,
        ) = row  # fmt: skip
        time = calendar, shift, tuple(weekdays), tuple(day_kinds), valid_from, valid_to
        when = whens.get(time)
        if when is None:
            named = None if shift is None else (calendar, shift)
            when = When(named, frozenset(weekdays), frozenset(day_kinds), valid_from, valid_to)
            whens[time] = when
        yield ResponsibilityRule(
            rule_id, unit_id, exclusive_id, scheme, category, role,
            None if party_id is None else parties[party_id],
            party_kind, asset_kind, asset_name, tolerance_m, mode, when, priority, tree, handling,
            None if reports_to_id is None else parties[reports_to_id],
            reports_to_kind,
        )  # fmt: skip


def calendar_of(row: Row) -> ShiftCalendar:
    """Return a shift calendar from a row of `shifts_of_set.sql`."""
    code, name, shifts = row
    return ShiftCalendar(
        code,
        name,
        tuple(
            Shift(shift["name"], frozenset(shift["weekdays"]), shift["starts"], shift["ends"])
            for shift in shifts
        ),
    )
