"""Conditions on time as sets of minutes agree with the clock that decides."""

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from gridgeo.parties.calendars import DAY_KINDS, Calendars, Shift, ShiftCalendar, When, minute_of
from gridgeo.parties.checks.times import Clock

ZONE = timezone(timedelta(hours=8))
MONDAY = datetime(2026, 9, 28, tzinfo=ZONE)

DAYS = {date(2026, 10, 1): "holiday", date(2026, 10, 3): "holiday", date(2026, 10, 4): "workday"}

weekdays = st.frozensets(st.integers(1, 7), max_size=3)
shifts = st.builds(
    Shift,
    st.sampled_from("ab"),
    st.frozensets(st.integers(1, 7), min_size=1),
    st.integers(0, 1439),
    st.integers(0, 1440),
)
clocks = st.builds(
    lambda made: Calendars(ZONE, {"c": ShiftCalendar("c", "c", tuple(made))}, DAYS),
    st.lists(shifts, max_size=3),
)
instants = st.none() | st.integers(-20_000, 20_000).map(lambda m: MONDAY + timedelta(minutes=m))
whens = st.builds(
    When,
    st.none() | st.sampled_from([("c", "a"), ("c", "b"), ("none", "a")]),
    weekdays,
    st.frozensets(st.sampled_from(DAY_KINDS), max_size=2),
    instants,
    instants,
)
minutes = st.integers(0, 7 * 24 * 60 - 1)


def is_in(span, calendars, minute):
    """Whether a span holds the minute of the week that begins on `MONDAY`."""
    instant = MONDAY + timedelta(minutes=minute)
    kind = DAY_KINDS.index(calendars.day_kind(instant.date()))
    return bool(span.minutes[kind, minute]) and span.since <= instant < span.until


@given(clocks, whens, minutes)
def test_a_span_holds_just_the_minutes_at_which_its_condition_holds(calendars, when, minute):
    at = minute_of(MONDAY + timedelta(minutes=minute))
    assert is_in(Clock(calendars).span(when), calendars, minute) == calendars.holds(when, at)


@given(clocks, whens, whens, st.lists(minutes, max_size=20))
def test_a_span_that_covers_another_holds_whenever_that_does(calendars, one, other, asked):
    clock = Clock(calendars)
    over, under = clock.span(one), clock.span(other)
    assert over.covers(over)
    both = [is_in(over, calendars, m) and is_in(under, calendars, m) for m in asked]
    if over.covers(under):
        assert all(is_in(over, calendars, m) for m in asked if is_in(under, calendars, m))
    if any(both):
        assert over.meets(under) and under.meets(over)


def test_what_never_holds_is_empty():
    clock = Clock(Calendars(ZONE))
    assert clock.span(When(shift=("none", "a"))).is_empty
    assert clock.span(When(weekdays=frozenset({1}), day_kinds=frozenset({"weekend"}))).is_empty
    assert clock.span(When(valid_from=MONDAY, valid_to=MONDAY)).is_empty
    assert not clock.span(When()).is_empty


def test_conditions_that_take_turns_are_always():
    clock = Clock(Calendars(ZONE))
    kinds = [When(day_kinds=frozenset({kind})) for kind in DAY_KINDS]
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert clock.is_always(kinds, now)
    assert not clock.is_always(kinds[1:], now)
    assert not clock.is_always([When(valid_to=now)], now)
    assert not clock.is_always([], now)
