"""Which conditions on time hold at many minutes; minutes at which the same hold are one class."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from gridgeo.parties.calendars import (
    ALWAYS,
    DAY_MIN,
    WEEK_MIN,
    Calendars,
    ShiftCalendar,
    When,
    first_minute,
)

Minutes = NDArray[np.int64]
Flags = NDArray[np.bool_]

QUARTER_MIN = 15
"""The zones of the world have changed their offset on quarters of an hour only, since 1970."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY = 3  # a Thursday, Monday being 0


def time_classes(
    calendars: Calendars, whens: Sequence[When], minutes: Minutes
) -> tuple[NDArray[np.int64], list[frozenset[When]]]:
    """Return the class of each minute since 1970 (UTC), and what holds in each class.

    `ALWAYS` is in every class, as in `RuleSet.holding`, the twin for one minute.
    """
    local = minutes + _offsets(calendars, minutes)
    classes = np.zeros(len(minutes), dtype=np.int64)
    held: list[tuple[When, ...]] = [(ALWAYS,)]
    for when in whens:
        holds = _holds(calendars, when, minutes, local)
        found, classes = np.unique(2 * classes + holds, return_inverse=True)
        held = [
            (*held[code // 2], when) if code % 2 else held[code // 2] for code in found.tolist()
        ]
    return classes, [frozenset(one) for one in held]


def _offsets(calendars: Calendars, minutes: Minutes) -> Minutes:
    quarters, place = np.unique(minutes // QUARTER_MIN, return_inverse=True)
    offsets = [_offset(calendars, quarter * QUARTER_MIN) for quarter in quarters.tolist()]
    return np.array(offsets, dtype=np.int64)[place]


def _offset(calendars: Calendars, minute: int) -> int:
    local = datetime.fromtimestamp(minute * 60, calendars.zone)
    return round((local.replace(tzinfo=UTC).timestamp() - minute * 60) / 60)


def _holds(calendars: Calendars, when: When, minutes: Minutes, local: Minutes) -> Flags:
    holds = np.ones(len(minutes), dtype=bool)
    if when.valid_from is not None:
        holds &= minutes >= first_minute(when.valid_from)
    if when.valid_to is not None:
        holds &= minutes < first_minute(when.valid_to)
    days = local // DAY_MIN
    if when.weekdays:
        holds &= _each(days, lambda day: _date(day).isoweekday() in when.weekdays)
    if when.day_kinds:
        holds &= _each(days, lambda day: calendars.day_kind(_date(day)) in when.day_kinds)
    if when.shift is not None:
        running = _running(calendars.shifts.get(when.shift[0]), when.shift[1])
        holds &= running[(local + _EPOCH_WEEKDAY * DAY_MIN) % WEEK_MIN]
    return holds


def _date(day: int) -> date:
    return date.fromordinal(_EPOCH_DAY + day)


def _each(values: Minutes, holds: Callable[[int], bool]) -> Flags:
    """Return whether something holds of each value, asking once for each that differs."""
    found, place = np.unique(values, return_inverse=True)
    return np.array([holds(value) for value in found.tolist()], dtype=bool)[place]


def _running(calendar: ShiftCalendar | None, name: str) -> Flags:
    """Return for each minute of the week whether a shift runs."""
    running = np.zeros(WEEK_MIN, dtype=bool)
    for shift in calendar.shifts if calendar else ():
        for begin, end in shift.spans() if shift.name == name else ():
            running[begin:end] = True
    return running
