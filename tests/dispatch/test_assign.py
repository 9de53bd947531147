from datetime import UTC, datetime

import pytest

from gridgeo.dispatch.model import assign
from gridgeo.errors import Unavailable
from gridgeo.locate.model import ExclusiveRef, Placement, UnitRef
from gridgeo.parties.model import Party, ResponsibilityRule, RuleSet
from gridgeo.units.model import MapVersion

NOW = datetime(2026, 3, 1, tzinfo=UTC)
VERSION = MapVersion(1, NOW, "test", "", None, True)
CITY = UnitRef(1, "C", "city", "city", None)
TOWN = UnitRef(2, "T", "township", "town", 1)
LEAF = UnitRef(3, "L", "grid", "leaf", 2)
MALL = ExclusiveRef(10, "X", "mall")
PARK = ExclusiveRef(11, "Y", "park")


def placed(inside=True, exclusive=()):
    return Placement(
        lon=0.0,
        lat=0.0,
        version=VERSION,
        unit=LEAF if inside else None,
        chain=(CITY, TOWN, LEAF) if inside else (),
        exclusive=tuple(exclusive),
        border=None,
        nearest=None,
        decision="sure",
        candidates=(),
    )


def rule_set(*rules):
    """Rules as (party, scope, category, role), numbered from 1; scopes C T L are units, X Y not."""
    of_unit, of_exclusive = {}, {}
    ids = {"C": 1, "T": 2, "L": 3, "X": 10, "Y": 11}
    for number, (party, scope, category, role) in enumerate(rules, start=1):
        exclusive = scope in "XY"
        rule = ResponsibilityRule(
            rule_id=number,
            scope_unit_id=None if exclusive else ids[scope],
            scope_exclusive_id=ids[scope] if exclusive else None,
            category_scheme=None if category is None else "s",
            category=category,
            role=role,
            party=Party(ord(party), party, party, "office", ""),
        )
        (of_exclusive if exclusive else of_unit).setdefault(ids[scope], []).append(rule)
    return RuleSet(7, NOW, of_unit, of_exclusive)


CITY_FALLBACK = ("c", "C", None, "lead")

DECISIONS = {
    "an exclusive grid goes before the leaf": (
        [CITY_FALLBACK, ("l", "L", "06", "lead"), ("x", "X", "06", "lead")],
        [MALL], "06010", ("x", "X", "exclusive_grid"),
    ),
    "an exclusive grid that does not speak of the matter is passed over": (
        [CITY_FALLBACK, ("l", "L", "06", "lead"), ("x", "X", "09", "lead")],
        [MALL], "06010", ("l", "L", "unit_rule"),
    ),
    "of two exclusive grids the first in code order that speaks decides": (
        [CITY_FALLBACK, ("y", "Y", "06", "lead"), ("x", "X", "09", "lead")],
        [MALL, PARK], "06010", ("y", "Y", "exclusive_grid"),
    ),
    "an exclusive grid may answer for everything": (
        [CITY_FALLBACK, ("x", "X", None, "lead")], [MALL], None, ("x", "X", "exclusive_grid"),
    ),
    "the nearest unit upwards that speaks of the matter decides": (
        [CITY_FALLBACK, ("d", "C", "06", "lead"), ("t", "T", "06", "lead")],
        [], "06010", ("t", "T", "unit_rule"),
    ),
    "a rule of the city for the matter goes before the leaf's fallback": (
        [CITY_FALLBACK, ("l", "L", None, "lead"), ("d", "C", "06", "lead")],
        [], "06010", ("d", "C", "unit_rule"),
    ),
    "within a unit the longest category decides": (
        [CITY_FALLBACK, ("a", "T", "06", "lead"), ("b", "T", "06010", "lead"),
         ("e", "T", "0601", "lead")],
        [], "06010", ("b", "T", "unit_rule"),
    ),
    "of equal rules the older one decides": (
        [CITY_FALLBACK, ("a", "T", "06", "lead"), ("b", "T", "06", "lead")],
        [], "06010", ("a", "T", "unit_rule"),
    ),
    "nobody speaks of the matter: the nearest fallback answers": (
        [CITY_FALLBACK, ("t", "T", None, "lead"), ("l", "L", "09", "lead")],
        [], "06010", ("t", "T", "territorial_fallback"),
    ),
    "no matter is named: only fallbacks answer": (
        [CITY_FALLBACK, ("l", "L", "06", "lead")], [], None, ("c", "C", "territorial_fallback"),
    ),
    "a co-handler alone decides nothing": (
        [CITY_FALLBACK, ("l", "L", "06", "co_handler")],
        [], "06010", ("c", "C", "territorial_fallback"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DECISIONS)
def test_order_of_decision(case):
    rules, exclusive, category, (party, scope, reason) = DECISIONS[case]
    found = assign(placed(exclusive=exclusive), rule_set(*rules), CITY, category, "s")
    assert (found.party.code, found.scope, found.reason) == (party, scope, reason)
    assert found.fallback == (reason == "territorial_fallback")
    assert found.rule_set == 7
    assert found.trace[-1].rule_id == found.rule_id
    assert all(step.rule_id is None for step in found.trace[:-1])


def test_a_category_of_another_scheme_is_another_matter():
    rules = rule_set(CITY_FALLBACK, ("l", "L", "06", "lead"))
    assert assign(placed(), rules, CITY, "06010", "other").party.code == "c"


def test_outside_the_city_the_city_answers_by_its_most_specific_rule():
    rules = rule_set(CITY_FALLBACK, ("d", "C", "06", "lead"))
    general = assign(placed(inside=False), rules, CITY)
    special = assign(placed(inside=False), rules, CITY, "06010", "s")
    assert (general.party.code, special.party.code) == ("c", "d")
    assert {general.reason, special.reason} == {"outside_city"}
    assert general.fallback and special.fallback


def test_the_trace_names_every_scope_up_to_the_decision():
    found = assign(placed(exclusive=[MALL]), rule_set(CITY_FALLBACK), CITY, "06010", "s")
    assert [(step.scope, step.reason) for step in found.trace] == [
        ("X", "exclusive_grid"),
        ("L", "unit_rule"), ("T", "unit_rule"), ("C", "unit_rule"),
        ("L", "territorial_fallback"), ("T", "territorial_fallback"), ("C", "territorial_fallback"),
    ]  # fmt: skip


def test_co_handlers_stand_beside_the_lead_once_each_in_code_order():
    rules = rule_set(
        CITY_FALLBACK,
        ("l", "X", "06", "lead"),
        ("z", "X", "06", "co_handler"),
        ("b", "X", "06010", "co_handler"),
        ("b", "X", None, "co_handler"),
        ("l", "X", "06", "co_handler"),
        ("q", "X", "09", "co_handler"),
        ("d", "X", "06", "deputy"),
    )
    found = assign(placed(exclusive=[MALL]), rules, CITY, "06010", "s")
    assert [party.code for party in found.co_handlers] == ["b", "z"]


@pytest.mark.parametrize("inside", [True, False])
def test_a_rule_set_without_a_city_fallback_is_said_to_be_incomplete(inside):
    rules = rule_set(("l", "L", "06", "lead"))
    with pytest.raises(Unavailable, match="give the city a rule without a category"):
        assign(placed(inside=inside), rules, CITY, "09", "s")
