"""When rules hold, as sets of minutes that can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from gridgeo.parties.calendars import DAY_KINDS, DAY_MIN, WEEK_MIN, Calendars, When

EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
WEEKEND = 6


@dataclass(frozen=True)
class Span:
    """The minutes of a condition: of the week by the kind of the day, and of history.

    Parameters
    ----------
    minutes : bool array (3, 10080)
        By `DAY_KINDS` and minute of the week; a weekend is never a Monday to Friday.
    since, until : datetime
        Half-open.
    """

    minutes: NDArray[np.bool_]
    since: datetime
    until: datetime

    @property
    def is_empty(self) -> bool:
        """Whether it never holds."""
        return not self.minutes.any() or self.since >= self.until

    def covers(self, other: "Span") -> bool:
        """Say whether it holds at every minute at which another holds."""
        inside = self.since <= other.since and other.until <= self.until
        return inside and not (other.minutes & ~self.minutes).any()

    def meets(self, other: "Span") -> bool:
        """Say whether there is a minute at which both hold."""
        return (
            self.since < other.until
            and other.since < self.until
            and bool((self.minutes & other.minutes).any())
        )


class Clock:
    """Turns conditions on time into spans, each once."""

    def __init__(self, calendars: Calendars) -> None:
        self._calendars = calendars
        self._spans: dict[When, Span] = {}

    def span(self, when: When) -> Span:
        """Return the minutes of a condition; a shift that there is not covers none."""
        found = self._spans.get(when)
        if found is None:
            found = self._spans[when] = self._made(when)
        return found

    def is_always(self, whens: Sequence[When], now: datetime) -> bool:
        """Say whether at each minute of a usual week one of some conditions holds, as of now."""
        spans = [self.span(when) for when in whens]
        minutes = [span.minutes for span in spans if span.since <= now < span.until]
        none = np.zeros_like(POSSIBLE)
        return bool((reduce(np.logical_or, minutes, none) | ~POSSIBLE).all())

    def _made(self, when: When) -> Span:
        minutes = POSSIBLE.copy()
        if when.weekdays:
            minutes[:, ~np.isin(WEEKDAY, list(when.weekdays))] = False
        if when.day_kinds:
            minutes[[kind not in when.day_kinds for kind in DAY_KINDS]] = False
        if when.shift is not None:
            minutes &= self._running(*when.shift)
        return Span(minutes, when.valid_from or EVER[0], when.valid_to or EVER[1])

    def _running(self, code: str, name: str) -> NDArray[np.bool_]:
        running = np.zeros(WEEK_MIN, dtype=np.bool_)
        calendar = self._calendars.shifts.get(code)
        for shift in () if calendar is None else calendar.shifts:
            if shift.name == name:
                for begin, end in shift.spans():
                    running[begin:end] = True
        return running


WEEKDAY = np.arange(WEEK_MIN) // DAY_MIN + 1
POSSIBLE = np.ones((len(DAY_KINDS), WEEK_MIN), dtype=np.bool_)
POSSIBLE[DAY_KINDS.index("weekend"), WEEKDAY < WEEKEND] = False
