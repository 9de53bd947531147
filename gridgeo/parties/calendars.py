"""The city's clock: shifts, days, conditions on time, and the modes that are on.

Values only. Times of decision are whole minutes since 1970 in UTC (`minute`); shifts, weekdays and
kinds of days are those of the city's own clock.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo

from msgspec import Struct
from shapely import MultiPolygon, Polygon

DAY_KINDS = ("workday", "weekend", "holiday")

DAILY = "daily"
"""The mode that runs where no other is on."""

MODE_PRIORITY: Mapping[str, int] = {DAILY: 1, "holiday": 2, "major_event": 3, "emergency": 4}
"""Of several modes that are on at a place, the one with the highest number decides first."""

WEEK_MIN, DAY_MIN = 7 * 24 * 60, 24 * 60


class Shift(Struct, frozen=True):
    """Part of each of some weekdays, half-open: the hand-over minute belongs to the next shift.

    Parameters
    ----------
    weekdays : frozenset of int
        Days on which it begins, 1 Monday to 7 Sunday.
    starts, ends : int
        Minutes of the day, 0 to 1439 and 0 to 1440; not later than `starts`: on the next day.
    """

    name: str
    weekdays: frozenset[int]
    starts: int
    ends: int

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield the minutes of the week it covers, from Monday 00:00, as half-open spans."""
        length = (self.ends - self.starts) % DAY_MIN or DAY_MIN
        for weekday in sorted(self.weekdays):
            begin = (weekday - 1) * DAY_MIN + self.starts
            yield begin, min(begin + length, WEEK_MIN)
            if begin + length > WEEK_MIN:
                yield 0, begin + length - WEEK_MIN


class ShiftCalendar(Struct, frozen=True):
    """Named weekly shifts in the city's local time; shifts may overlap and may leave holes."""

    code: str
    name: str
    shifts: tuple[Shift, ...]

    def running(self, minute_of_week: int) -> frozenset[str]:
        """Return the names of the shifts that cover a minute of the week."""
        return frozenset(
            shift.name
            for shift in self.shifts
            for begin, end in shift.spans()
            if begin <= minute_of_week < end
        )

    def holes(self) -> list[tuple[int, int]]:
        """Return the spans of minutes of the week that no shift covers, in order."""
        spans = sorted(span for shift in self.shifts for span in shift.spans())
        reached, holes = 0, []
        for begin, end in [*spans, (WEEK_MIN, WEEK_MIN)]:
            if begin > reached:
                holes.append((reached, begin))
            reached = max(reached, end)
        return holes


class When(Struct, frozen=True):
    """A condition on the minute asked; what is not given does not count. `ALWAYS` gives nothing.

    Parameters
    ----------
    shift : (str, str), optional
        Code of a shift calendar, and the name of one of its shifts.
    weekdays, day_kinds : frozenset
        Of the local calendar day of the minute, also within a shift that began the evening before.
        1 Monday to 7 Sunday; of `DAY_KINDS`.
    valid_from, valid_to : datetime, optional
        Half-open, and regarded to the whole minute.
    """

    shift: tuple[str, str] | None = None
    weekdays: frozenset[int] = frozenset()
    day_kinds: frozenset[str] = frozenset()
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    @property
    def specificity(self) -> int:
        """How many conditions it gives; a period counts once."""
        period = self.valid_from is not None or self.valid_to is not None
        return sum(map(bool, (self.shift, self.weekdays, self.day_kinds, period)))


ALWAYS = When()


def minute_of(instant: datetime) -> int:
    """Return the minute since 1970 in UTC that an instant lies in."""
    return int(instant.timestamp() // 60)


def first_minute(bound: datetime) -> int:
    """Return the first whole minute that does not begin before a bound of a period."""
    return int(-(-bound.timestamp() // 60))


class Calendars(Struct, frozen=True):
    """The city's clock: its zone, its shift calendars by code, and the days that are not as usual.

    Parameters
    ----------
    days : mapping of date to str
        "holiday", or "workday" for a made-up working day; any other day is a workday from Monday to
        Friday and else a weekend.
    """

    zone: tzinfo = UTC
    shifts: Mapping[str, ShiftCalendar] = {}
    days: Mapping[date, str] = {}

    def day_kind(self, day: date) -> str:
        """Return which of `DAY_KINDS` a day is; a holiday on a weekend is a holiday."""
        return self.days.get(day, "workday" if day.isoweekday() <= 5 else "weekend")

    def holds(self, when: When, minute: int) -> bool:
        """Say whether a condition holds at a minute since 1970; an unknown shift never runs."""
        if when.valid_from is not None and minute < first_minute(when.valid_from):
            return False
        if when.valid_to is not None and minute >= first_minute(when.valid_to):
            return False
        local = datetime.fromtimestamp(minute * 60, self.zone)
        if when.weekdays and local.isoweekday() not in when.weekdays:
            return False
        if when.day_kinds and self.day_kind(local.date()) not in when.day_kinds:
            return False
        return when.shift is None or self._runs(*when.shift, local)

    def _runs(self, calendar: str, shift: str, local: datetime) -> bool:
        of_week = (local.isoweekday() - 1) * DAY_MIN + local.hour * 60 + local.minute
        known = self.shifts.get(calendar)
        return known is not None and shift in known.running(of_week)


class ModePeriod(Struct, frozen=True):
    """A mode that is on from `starts_at` to before `ends_at` (None: until it is switched off).

    Its area is a shape in EPSG:4326 degrees, border included, or units with all below them, or,
    with neither, the whole city and what lies outside it.
    """

    period_id: int
    mode: str
    starts_at: datetime
    ends_at: datetime | None = None
    unit_ids: frozenset[int] = frozenset()
    area: Polygon | MultiPolygon | None = None
    note: str = ""

    def is_on(self, instant: datetime) -> bool:
        """Say whether it is on at an instant."""
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)
