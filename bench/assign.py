"""Whose are they: events that have their place, decided by arrays and one by one.

A city of Zhengzhou's size: 16 districts, 215 townships, 3,530 communities, 19,304 grids, 47,078
micro-grids, 4,835 exclusive grids; the demo's classes, each answered by a kind of department that
every district has; offices of all units down to the community; parties of the exclusive grids; day
and night shifts, holidays, an emergency in one township. A tenth of the events lie in exclusive
grids, a hundredth in the emergency; minutes are those of a year.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count, cycle, islice, repeat
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from gridgeo.cli.city_files import read_categories
from gridgeo.dispatch.model import Around, Matter, assign
from gridgeo.dispatch.rule_arrays import Spans
from gridgeo.dispatch.rule_table import Located, RuleTable
from gridgeo.locate.model import ExclusiveRef, Placement, UnitRef
from gridgeo.parties.calendars import ALWAYS, Calendars, Shift, ShiftCalendar, When, minute_of
from gridgeo.parties.model import (
    Attachment,
    CategoryTree,
    Class,
    Party,
    ResponsibilityRule,
    RuleSet,
)
from gridgeo.settings import ROOT
from gridgeo.units.model import MapVersion

COLUMNS = ("what", "events", "rules", "best s", "worst s", "CPU s", "CPU us an event")
EVENTS, ONE_BY_ONE, ROUNDS = 1_000_000, 20_000, 3

LEVELS = (("city", 1), ("district", 16), ("township", 215), ("community", 3_530),
          ("grid", 19_304), ("micro_grid", 47_078))  # fmt: skip
GRIDS, KINDS = 4_835, 30

NOW = datetime(2026, 1, 1, tzinfo=UTC)
VERSION = MapVersion(1, NOW, "bench", "", None, True)
DAILY = frozenset(range(1, 8))
STREET = ShiftCalendar(
    "street", "", (Shift("day", DAILY, 480, 1_200), Shift("night", DAILY, 1_200, 480))
)
WHENS = (
    When(shift=("street", "night")), When(shift=("street", "day"), day_kinds=frozenset({"holiday"}))
)  # fmt: skip

Row = tuple[str, ...]
Times = list[tuple[float, float]]
T = TypeVar("T")


def run() -> list[Row]:
    """Measure the table's making, many at once, and one by one; both give the same rules."""
    units, rules, events = _city(), _rules(), _events()
    grids = [ExclusiveRef(number, f"x{number:06d}", "") for number in range(1, GRIDS + 1)]
    number = sum(1 for _ in rules.rules())
    table, made = _timed(lambda: RuleTable(rules, units, grids))
    found, many = _timed(lambda: table.assign_many(events))
    twins, single = _timed(lambda: _one_by_one(rules, units, grids, events))
    assert twins == found.rule_ids[:ONE_BY_ONE].tolist(), "the twins differ"
    return [
        _row("RuleTable", 0, number, made),
        _row("assign_many", EVENTS, number, many),
        _row("assign, one by one", ONE_BY_ONE, number, single),
    ]


def _timed(work: Callable[[], T]) -> tuple[T, Times]:
    times = []
    for _ in range(ROUNDS):
        began, began_cpu = time.perf_counter(), time.process_time()
        result = work()
        times.append((time.perf_counter() - began, time.process_time() - began_cpu))
    return result, times


def _row(what: str, events: int, rules: int, times: Times) -> Row:
    seconds, cpu = [wall for wall, _ in times], min(cpu for _, cpu in times)
    each = f"{cpu / events * 1e6:.1f}" if events else ""
    shown = (min(seconds), max(seconds), cpu)
    return what, f"{events:,}", f"{rules:,}", *(f"{one:.2f}" for one in shown), each


def _city() -> dict[int, UnitRef]:
    """Return units by id, from 1 for the city; those of a level are dealt to the level above."""
    units: dict[int, UnitRef] = {}
    above: list[int] = []
    for level, number in LEVELS:
        parents = cycle(above) if above else repeat(None)
        ids = range(len(units) + 1, len(units) + 1 + number)
        for id_, parent in zip(ids, islice(parents, number), strict=True):
            units[id_] = UnitRef(id_, f"{level}-{id_}", level, "", parent)
        above = list(ids)
    return units


def _ids(level: str) -> range:
    before = 1
    for name, number in LEVELS:
        if name == level:
            return range(before, before + number)
        before += number
    raise KeyError(level)


def _classes() -> list[Class]:
    return [(row["scheme"], row["code"]) for row in read_categories(ROOT / "data")]


def _rules() -> RuleSet:
    rows = read_categories(ROOT / "data")
    parents = {
        (row["scheme"], row["code"]): row["parent_code"] and (row["scheme"], row["parent_code"])
        for row in rows
    }
    rules = [*_territory(), *_matters(), *_exceptions()]
    of_exclusive: dict[int, list[ResponsibilityRule]] = {}
    for rule in _exclusive(len(rules) + 1):
        of_exclusive.setdefault(rule.scope_exclusive_id or 0, []).append(rule)
    of_unit: dict[int, list[ResponsibilityRule]] = {}
    for number, rule in enumerate(rules, start=1):
        of_unit.setdefault(rule.scope_unit_id or 0, []).append(rule._replace(rule_id=number))
    attached = [
        Attachment(_party(district * 1_000 + kind, f"kind{kind}"), district, None)
        for district in (1, *_ids("district"))
        for kind in range(KINDS)
    ]
    days = {date(2026, 10, 1) + timedelta(day): "holiday" for day in range(7)}
    calendars = Calendars(ZoneInfo("Asia/Shanghai"), {"street": STREET}, days)
    return RuleSet(
        1, NOW, of_unit, of_exclusive, attached=attached, categories=CategoryTree(parents),
        calendars=calendars,
    )  # fmt: skip


def _party(number: int, kind: str) -> Party:
    return Party(number, f"p{number}", "", kind, "")


def _rule(
    unit: int | None, matter: Class | tuple[None, None], party: Party | None,
    kind: str | None = None, role: str = "lead", grid: int | None = None, id_: int = 0,
    mode: str | None = None, when: When = ALWAYS,
) -> ResponsibilityRule:  # fmt: skip
    scheme, code = matter
    return ResponsibilityRule(
        id_, unit, grid, scheme, code, role, party, kind, mode=mode, when=when
    )


def _territory() -> Iterator[ResponsibilityRule]:
    for level in ("city", "district", "township", "community"):
        for unit in _ids(level):
            yield _rule(unit, (None, None), _party(1_000_000 + unit, "office"))


def _matters() -> Iterator[ResponsibilityRule]:
    for number, matter in enumerate(_classes()):
        yield _rule(1, matter, None, f"kind{number % KINDS}")


def _exceptions() -> Iterator[ResponsibilityRule]:
    for number, matter in enumerate(_classes()[:20]):
        for when in WHENS:
            yield _rule(1, matter, None, f"kind{number}", when=when)
    yield _rule(1, (None, None), _party(900_000, "command"), mode="emergency")


def _exclusive(first_id: int) -> Iterator[ResponsibilityRule]:
    ids = count(first_id)
    for grid in range(1, GRIDS + 1):
        for matter in (("gbt47678", "06"), ("gbt47678", "09")):
            for place, role in enumerate(("lead", "co_handler", "co_handler")):
                party = _party(2_000_000 + 3 * grid + place, "team")
                yield _rule(None, matter, party, role=role, grid=grid, id_=next(ids))


def _events() -> Located:
    dice = np.random.default_rng(1)
    over = np.where(dice.random(EVENTS) < 0.1, dice.integers(1, 4, EVENTS), 0)
    starts = np.concatenate(([0], np.cumsum(over))).astype(np.int64)
    leaves, classes = _ids("micro_grid"), _classes()
    return Located(
        unit_ids=dice.integers(leaves.start, leaves.stop, EVENTS),
        categories=dice.integers(len(classes), size=EVENTS),
        classes=classes,
        minutes=minute_of(NOW) + dice.integers(365 * 1_440, size=EVENTS),
        exclusive=Spans(starts, dice.integers(1, GRIDS + 1, starts[-1])),
        mode_sets=((), ("emergency",)),
        modes=(dice.random(EVENTS) < 0.01).astype(np.int64),
    )


def _one_by_one(
    rules: RuleSet, units: dict[int, UnitRef], grids: list[ExclusiveRef], events: Located
) -> list[int]:
    over, modes = events.exclusive, events.modes
    assert over is not None
    assert modes is not None
    return [
        assign(
            _placed(units, int(events.unit_ids[row]), [
                grids[id_ - 1] for id_ in over.values[over.starts[row] : over.starts[row + 1]]
            ]),
            rules,
            units[1],
            Matter(*_asked(events, row), int(events.minutes[row])),
            Around(events.mode_sets[modes[row]]),
        ).rule_id
        for row in range(ONE_BY_ONE)
    ]  # fmt: skip


def _asked(events: Located, row: int) -> tuple[str | None, str | None]:
    scheme, code = events.classes[events.categories[row]] or (None, None)
    return code, scheme


def _placed(units: dict[int, UnitRef], leaf: int, over: list[ExclusiveRef]) -> Placement:
    chain: list[UnitRef] = []
    step: int | None = leaf
    while step is not None:
        chain.append(units[step])
        step = units[step].parent_id
    ordered = tuple(sorted(set(over), key=lambda grid: grid.code))
    return Placement(
        0.0, 0.0, VERSION, chain[0], tuple(reversed(chain)), ordered, None, None, "sure", ()
    )
