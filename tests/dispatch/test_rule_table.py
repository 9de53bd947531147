"""`assign_many` against its slower twin `assign`, over cities and rules made by chance."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rulebook import NOW, VERSION, by_scope

from gridgeo.dispatch.model import Around, Matter, assign
from gridgeo.dispatch.rule_arrays import Spans, require_bits
from gridgeo.dispatch.rule_table import Located, RuleTable
from gridgeo.errors import TooLarge, Unavailable
from gridgeo.locate.model import ExclusiveRef, Placement, UnitRef
from gridgeo.parties.calendars import (
    ALWAYS,
    DAY_KINDS,
    Calendars,
    Shift,
    ShiftCalendar,
    When,
    minute_of,
)
from gridgeo.parties.clock import time_classes
from gridgeo.parties.model import (
    ROLES,
    TREES,
    Attachment,
    CategoryTree,
    NearAsset,
    Party,
    ResponsibilityRule,
    RuleSet,
)

CLASSES = [("s", "1"), ("s", "2"), ("s", "11"), ("s", "12"), ("s", "111"), ("o", "A"), ("o", "B")]
PARENTS = {
    ("s", "1"): None, ("s", "2"): None, ("s", "11"): ("s", "1"), ("s", "12"): ("s", "1"),
    ("s", "111"): ("s", "11"), ("o", "A"): None, ("o", "B"): ("o", "A"),
}  # fmt: skip
KINDS = ("k", "m")
MODE_SETS = [(), ("holiday",), ("emergency", "major_event"), ("emergency",)]
CALENDARS = Calendars(
    ZoneInfo("Asia/Shanghai"),
    {"c": ShiftCalendar("c", "", (
        Shift("day", frozenset(range(1, 8)), 480, 1200),
        Shift("night", frozenset({1, 2, 3, 7}), 1200, 480),
    ))},
    {date(2026, 10, 1): "holiday", date(2026, 10, 10): "workday"},
)  # fmt: skip
WHENS = [
    ALWAYS,
    When(shift=("c", "day")),
    When(shift=("c", "night"), weekdays=frozenset({1, 2})),
    When(day_kinds=frozenset({"holiday", "weekend"})),
    When(valid_from=datetime(2026, 10, 3, 0, 0, 30, tzinfo=UTC)),
    When(weekdays=frozenset({6}), valid_to=datetime(2026, 10, 5, tzinfo=UTC)),
]
START = minute_of(datetime(2026, 9, 28, tzinfo=UTC))


class Town:
    """A small city by chance: units, legal parents, exclusive grids, assets, parties and rules."""

    def __init__(self, seed, rules=60):
        self.dice = np.random.default_rng(seed)
        self.units = {1: UnitRef(1, "u1", "l0", "", None)}
        for unit_id in range(2, 30):
            parent = self.units[int(self.dice.integers(1, unit_id))]
            level = f"l{int(parent.level[1:]) + 1}"
            self.units[unit_id] = UnitRef(unit_id, f"u{unit_id}", level, "", parent.unit_id)
        self.legal = {
            unit_id: int(self.dice.integers(1, unit_id)) for unit_id in self.some(range(3, 30), 4)
        }
        self.grids = [ExclusiveRef(100 + n, f"x{9 - n}", "") for n in range(4)]
        self.parties = {
            n: Party(n, f"p{n}", "", str(self.dice.choice(["k", "m", "n"])), "")
            for n in range(1, 20)
        }
        self.rules = [self.rule(number) for number in range(2, rules)]
        root = ResponsibilityRule(1, 1, None, None, None, "lead", self.parties[1])
        self.set = self.rule_set([root, *self.rules])
        of_asset = self.set.of_asset
        self.asset_rules = [
            [rule for rule in of_asset if self.dice.random() < 0.6] for _ in range(6)
        ]

    def some(self, values, number):
        return [int(one) for one in self.dice.choice(list(values), number, replace=False)]

    def rule(self, number):
        dice = self.dice
        scope = dice.random()
        matter = CLASSES[dice.integers(len(CLASSES))] if dice.random() < 0.7 else (None, None)
        party = self.parties[int(dice.integers(1, 20))] if dice.random() < 0.6 else None
        return ResponsibilityRule(
            number,
            int(dice.integers(1, 30)) if scope < 0.6 else None,
            int(dice.integers(100, 104)) if 0.6 <= scope < 0.8 else None,
            *matter,
            role=str(dice.choice(ROLES, p=(0.7, 0.15, 0.15))),
            party=party,
            party_kind=None if party else str(dice.choice(KINDS)),
            asset_kind="road" if scope >= 0.8 else None,
            asset_name="name" if scope >= 0.9 else None,
            tolerance_m=float(dice.choice([2.0, 5.0])) if scope >= 0.8 else None,
            mode=dice.choice([None, "daily", "holiday", "emergency"], p=(0.6, 0.1, 0.1, 0.2)),
            when=WHENS[dice.integers(len(WHENS))],
            priority=int(dice.integers(3)),
            tree=str(dice.choice(TREES)),
        )

    def rule_set(self, rules):
        attached = [
            Attachment(self.parties[n], int(self.dice.integers(1, 30)), None) for n in range(1, 12)
        ]
        attached += [Attachment(self.parties[n], None, 100 + n % 4) for n in range(12, 16)]
        tree = CategoryTree(PARENTS, {("o", "A"): ("s", "11")})
        return RuleSet(5, NOW, *by_scope(rules), self.parties, attached, tree, CALENDARS)

    def table(self):
        return RuleTable(self.set, self.units, self.grids, self.legal, self.asset_rules)

    def events(self, number):
        """Events by chance, as arrays for the table and as the parts that `assign` takes."""
        dice = self.dice
        grids = [self.some(range(100, 104), int(dice.choice([0, 0, 1, 3]))) for _ in range(number)]
        near = [
            sorted((float(dice.choice([1.0, 3.0, 4.0, 6.0])), asset)
                   for asset in self.some(range(6), int(dice.choice([0, 0, 1, 2]))))
            for _ in range(number)
        ]  # fmt: skip
        return Located(
            unit_ids=np.where(dice.random(number) < 0.1, -1, dice.integers(1, 30, number)),
            categories=dice.integers(0, len(CLASSES) + 1, number),
            classes=[*CLASSES, None],
            minutes=START + dice.integers(0, 16 * 1440, number),
            exclusive=spans(grids),
            mode_sets=MODE_SETS,
            modes=dice.integers(0, len(MODE_SETS), number),
            assets=spans([[asset for _, asset in one] for one in near]),
            distances_m=np.array([metres for one in near for metres, _ in one], dtype=float),
        )

    def twin(self, events, row):
        """Return the rule and the party of one event by `assign`."""
        matter = events.classes[events.categories[row]] or (None, None)
        chain = self.chain(int(events.unit_ids[row]), {})
        legal = self.chain(int(events.unit_ids[row]), self.legal)
        codes = {grid.exclusive_id: grid for grid in self.grids}
        over = [codes[grid] for grid in row_of(events.exclusive, row)]
        where = Placement(
            0.0, 0.0, VERSION, chain[-1] if chain else None, chain,
            tuple(sorted(over, key=lambda grid: grid.code)), None, None, "sure", (),
        )  # fmt: skip
        around = Around(
            events.mode_sets[events.modes[row]], tuple(self.near(events, row)), legal or None
        )
        asked = Matter(matter[1], matter[0], int(events.minutes[row]))
        found = assign(where, self.set, self.units[1], asked, around)
        return found.rule_id, found.party.party_id

    def chain(self, unit_id, legal):
        climbed = []
        while unit_id > 0:
            climbed.append(self.units[unit_id])
            unit_id = legal.get(unit_id, self.units[unit_id].parent_id) or 0
        return tuple(reversed(climbed))

    def near(self, events, row):
        begin = events.assets.starts[row]
        for place, asset in enumerate(row_of(events.assets, row)):
            metres = float(events.distances_m[begin + place])
            rules = tuple(r for r in self.asset_rules[asset] if metres <= r.tolerance_m)
            if rules:
                yield NearAsset(f"road {asset}", metres, rules)


def spans(lists):
    starts = np.concatenate(([0], np.cumsum([len(one) for one in lists]))).astype(np.int64)
    return Spans(starts, np.array([n for one in lists for n in one], dtype=np.int64))


def row_of(of, row):
    return of.values[of.starts[row] : of.starts[row + 1]].tolist()


def agree(town, events):
    found = town.table().assign_many(events)
    twins = [town.twin(events, row) for row in range(len(events.minutes))]
    pairs = list(zip(found.rule_ids.tolist(), found.party_ids.tolist(), strict=True))
    assert pairs == twins


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_many_are_decided_as_one_by_one(seed):
    town = Town(seed)
    agree(town, town.events(40))


@pytest.mark.full
def test_many_are_decided_as_one_by_one_in_a_thousand_towns():
    for seed in range(1_000):
        town = Town(seed, rules=120)
        agree(town, town.events(100))


def test_a_set_with_the_fallback_alone_decides_without_grids_assets_and_modes():
    town = Town(0, rules=0)
    events = Located(
        np.array([-1, 29, 7]), np.array([0, 1, 0]), [None, ("s", "1")], np.array([0, 1, START])
    )
    found = RuleTable(town.set, town.units).assign_many(events)
    assert found.rule_ids.tolist() == [1, 1, 1] and found.party_ids.tolist() == [1, 1, 1]


def test_no_events_are_decided_at_once():
    town, none = Town(0), np.zeros(0, dtype=np.int64)
    assert len(town.table().assign_many(Located(none, none, [None], none)).rule_ids) == 0


def test_where_not_even_the_city_answers_it_is_said():
    town = Town(0)
    bare = replace(town.set, of_unit={}, of_exclusive={}, of_asset=[])
    events = Located(np.array([29]), np.array([0]), [None], np.array([START]))
    with pytest.raises(Unavailable, match="give the city a rule"):
        RuleTable(bare, town.units).assign_many(events)


def test_more_of_something_than_a_rank_holds_is_refused():
    with pytest.raises(TooLarge, match="At most 15 things"):
        require_bits(16, 4, "things")


@given(st.lists(st.integers(0, 60 * 1440), max_size=30), st.sampled_from(["Asia/Shanghai",
       "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]))  # fmt: skip
def test_the_clock_for_many_minutes_is_that_for_one(offsets, zone):
    calendars = replace(CALENDARS, zone=ZoneInfo(zone))
    minutes = np.array([START + offset for offset in offsets], dtype=np.int64)
    classes, held = time_classes(calendars, WHENS[1:], minutes)
    for minute, place in zip(minutes.tolist(), classes.tolist(), strict=True):
        holding = {when for when in WHENS if calendars.holds(when, minute)}
        assert held[place] == holding


def test_every_kind_of_day_comes_from_the_calendar():
    days = [date(2026, 10, 1) + timedelta(days) for days in range(14)]
    assert {CALENDARS.day_kind(day) for day in days} == set(DAY_KINDS)
