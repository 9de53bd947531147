"""Rules that tie or can never decide, and shift calendars with holes or overlaps.

The order of decision is told in `dispatch/model.py`: within one scope, mode and class of matters a
lead goes before a deputy, then the higher priority, then the more conditions on time; two rules
that are alike in all of this and can hold at one minute tie.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import combinations, pairwise

from gridgeo.parties.calendars import DAY_MIN, ShiftCalendar
from gridgeo.parties.checks.times import Clock
from gridgeo.parties.files.document import RULES, SHIFTS, WEEKDAYS, RuleDocument
from gridgeo.parties.files.tables import Fault, Row
from gridgeo.parties.written import NewRule

Said = tuple[NewRule, Row]


def rule_conflicts(document: RuleDocument, clock: Clock, now: datetime) -> Iterator[Fault]:
    """Yield rules that never hold, those that another always goes before, and ties."""
    rows = document.rows.get(RULES, ())
    together: defaultdict[tuple[object, ...], list[Said]] = defaultdict(list)
    for rule, row in zip(document.changes.rules, rows, strict=True):
        span = clock.span(rule.when)
        if span.is_empty:
            message = "its conditions on time exclude one another, so it never decides"
            yield Fault.of(row, _time_key(rule), message, "unreachable_rule", "warning")
        elif span.until <= now:
            message = "its time is over; take it out"
            yield Fault.of(row, "valid_to", message, "unreachable_rule", "warning")
        elif rule.role != "co_handler":
            together[_place_and_matter(rule)].append((rule, row))
    for said in together.values():
        yield from _among(said, clock)


def _time_key(rule: NewRule) -> str:
    return "shift" if rule.when.shift is not None else "weekdays"


def _place_and_matter(rule: NewRule) -> tuple[object, ...]:
    return (
        rule.unit_code, rule.exclusive_code, rule.asset_kind, rule.asset_name, rule.tree,
        rule.mode, rule.category_scheme, rule.category,
    )  # fmt: skip


def _rank(rule: NewRule) -> tuple[bool, int, int]:
    return rule.role != "lead", -rule.priority, -rule.when.specificity


def _among(said: Sequence[Said], clock: Clock) -> Iterator[Fault]:
    for (one, first), (other, second) in combinations(said, 2):
        if _rank(one) == _rank(other):
            if clock.span(one.when).meets(clock.span(other.when)):
                yield _tie(one, first, other, second)
            continue
        before, after = sorted(((one, first), (other, second)), key=lambda pair: _rank(pair[0]))
        if clock.span(before[0].when).covers(clock.span(after[0].when)):
            where = f"{before[1].file}, line {before[1].line}"
            message = f"it never decides: the rule in {where} always goes before it"
            yield Fault.of(after[1], _answer_key(after[0]), message, "unreachable_rule", "warning")


def _tie(one: NewRule, first: Row, other: NewRule, second: Row) -> Fault:
    message = (
        f"it ties with the rule in {first.file}, line {first.line} "
        f"({one.party_code or one.party_kind}): same place, matter, mode and time; "
        "give one of them a priority"
    )
    return Fault.of(second, _answer_key(other), message, "tie")


def _answer_key(rule: NewRule) -> str:
    return "party" if rule.party_code is not None else "party_kind"


def calendar_faults(document: RuleDocument) -> Iterator[Fault]:
    """Yield the holes of each shift calendar, and shifts that run at once."""
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for row in document.rows.get(SHIFTS, ()):
        rows[row.cells["calendar"]].append(row)
    for calendar in document.changes.shifts:
        for begin, end in calendar.holes():
            message = f"no shift runs from {_of_week(begin)} to {_of_week(end)}"
            row = rows[calendar.code][0]
            yield Fault.of(row, "calendar", message, "shift_hole", "warning")
        yield from _overlaps(calendar, rows[calendar.code])


def _overlaps(calendar: ShiftCalendar, rows: Sequence[Row]) -> Iterator[Fault]:
    spans = sorted(
        (span, place) for place, shift in enumerate(calendar.shifts) for span in shift.spans()
    )
    told = set()
    for ((_, ends), one), ((begins, _), other) in pairwise(spans):
        if begins < ends and one != other and (one, other) not in told:
            told.add((one, other))
            names = calendar.shifts[one].name, calendar.shifts[other].name
            message = f"{names[1]!r} runs together with {names[0]!r} at {_of_week(begins)}"
            yield Fault.of(rows[other], "shift", message, "shift_overlap", "warning")


def _of_week(minute: int) -> str:
    day, of_day = divmod(minute, DAY_MIN)
    return f"{WEEKDAYS[day % 7]} {of_day // 60:02d}:{of_day % 60:02d}"
