"""Rules as columns, made when asked for, against the same rows as values at once."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridgeo.parties.model import Party
from gridgeo.parties.rows import rules_of
from gridgeo.parties.rule_columns import Ruling, columns_of

PARTIES = [(1, "A", "甲", "office", "", None), (9, "B", "乙", "post", "12345", 1)]
DAY = datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=8)))
PLAIN = (
    None, None, "lead", 1, *[None] * 7, [], [], None, None, 0, "legal", "direct", None, None,
)  # fmt: skip
"""A row of a rule after its scope."""

MAYBE = st.none() | st.sampled_from(["x", "y", "名"])

scopes = st.one_of(
    st.tuples(st.integers(0, 3), st.none()),
    st.tuples(st.none(), st.integers(0, 3)),
    st.just((None, None)),
)
rests = st.tuples(
    MAYBE, MAYBE, st.sampled_from(["lead", "deputy"]), st.sampled_from([None, 1, 9]), MAYBE,
    MAYBE, MAYBE, st.sampled_from([None, 2.5, 0.1]), MAYBE, MAYBE, MAYBE,
    st.lists(st.integers(1, 7), max_size=3), st.lists(st.sampled_from(["workday"]), max_size=1),
    st.sampled_from([None, DAY]), st.sampled_from([None, DAY + timedelta(microseconds=1)]),
    st.integers(-1, 1), st.sampled_from(["legal", "administering"]), st.just("direct"),
    st.sampled_from([None, 1, 9]), MAYBE,
)  # fmt: skip


@st.composite
def rows_of_rules(draw):
    rows = draw(st.lists(st.tuples(scopes, rests), max_size=12))
    return [(10 + number, *scope, *rest) for number, (scope, rest) in enumerate(rows)]


def grouped(rules, scope_of):
    found = {}
    for rule in rules:
        if scope_of(rule) is not None:
            found.setdefault(scope_of(rule), []).append(rule)
    return found


@given(rows_of_rules())
def test_rules_out_of_columns_are_those_of_their_rows(rows):
    ruling = Ruling(columns_of(PARTIES, rows, []))
    rules = list(rules_of(rows, {row[0]: Party(*row) for row in PARTIES}))
    assert dict(ruling.of_unit) == grouped(rules, lambda rule: rule.scope_unit_id)
    assert dict(ruling.of_exclusive) == grouped(rules, lambda rule: rule.scope_exclusive_id)
    assert list(ruling.of_asset) == [
        rule for rule in rules if rule.scope_unit_id is None and rule.scope_exclusive_id is None
    ]
    assert {rule.when for rule in rules} == {form.when for form in ruling.forms}
    assert {(rule.mode, rule.tree) for rule in rules} == {(f.mode, f.tree) for f in ruling.forms}


def test_parties_and_attachments_are_as_written():
    attached = [(1, 9, None, 4, "lead"), (2, 1, 0, None, "co_handler")]
    ruling = Ruling(columns_of(PARTIES, [], attached))
    assert ruling.parties == {1: Party(*PARTIES[0]), 9: Party(*PARTIES[1])}
    first, second = ruling.attached
    assert (first.party.code, first.unit_id, first.exclusive_id, first.role) == (
        "B", None, 4, "lead",
    )  # fmt: skip
    assert (second.unit_id, second.exclusive_id, second.role) == (0, None, "co_handler")


def test_rules_of_a_place_are_made_once_and_of_no_other():
    rows = [(1, 7, None, *PLAIN), (2, 3, None, *PLAIN), (3, 7, None, *PLAIN)]
    rules = Ruling(columns_of(PARTIES, rows, [])).of_unit
    assert (list(rules), len(rules), 7 in rules, 4 in rules) == ([3, 7], 2, True, False)
    assert [rule.rule_id for rule in rules[7]] == [1, 3]
    assert rules[7] is rules[7]
    assert rules.get(4, ()) == ()
    with pytest.raises(KeyError):
        rules[4]


def test_an_instant_keeps_its_microseconds():
    row = [1, 7, None, *PLAIN]
    row[16] = DAY + timedelta(microseconds=1)
    [rule] = Ruling(columns_of(PARTIES, [row], [])).of_unit[7]
    assert rule.when.valid_from == datetime(2026, 2, 28, 16, 0, 0, 1, tzinfo=UTC)
