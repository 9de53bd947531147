"""Acceptance cases: the shipped ones pass, and what is answered otherwise is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from databases import cloned

from gridgeo.dispatch.acceptance import EXPECTATIONS, read_cases, run_case, run_cases
from gridgeo.dispatch.deciding import Desk
from gridgeo.locate.store import load_index
from gridgeo.parties.books import Books
from gridgeo.settings import ROOT
from gridgeo.units.store import resolve_version

ZONE = timezone(timedelta(hours=8))
SHIPPED = ROOT / "data" / "rules" / "cases.yaml"
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


def desk_on(dsn: str) -> Desk:
    with psycopg.connect(dsn) as conn:
        return Desk(load_index(conn, resolve_version(conn)), Books().now(conn), NOW)


@pytest.fixture(scope="module")
def small_desk(cluster, small_template) -> Iterator[Desk]:
    with cloned(cluster, small_template.template) as dsns:
        yield desk_on(dsns.reader)


@pytest.fixture
def case_of(tmp_path):
    """A case of the tiny city from its columns."""

    def case_of(**cells):
        cells = {"name": "a case", "at": "2026-11-18T10:00", **cells}
        text = "cases:\n-" + "".join(f" {key}: '{cell}'\n " for key, cell in cells.items())
        file = tmp_path / "cases.yaml"
        file.write_text(text, encoding="utf-8")
        [case], faults = read_cases(file, ZONE)
        assert faults == []
        return case

    return case_of


@pytest.fixture(scope="module")
def tiny_desk(cluster, tiny_template) -> Iterator[Desk]:
    with cloned(cluster, tiny_template.template) as dsns:
        yield desk_on(dsns.reader)


def test_the_shipped_cases_pass_on_the_demo_city(small_desk):
    cases, faults = read_cases(SHIPPED, ZONE)
    assert faults == []
    failed = {o.case.name: o.missed for o in run_cases(cases, small_desk) if not o.passed}
    assert failed == {}
    reasons = {case.expected.get("expect_reason") for case in cases}
    assert reasons >= {
        "operating_mode", "asset", "exclusive_grid", "unit_rule", "territorial_fallback",
        "outside_city",
    }  # fmt: skip


def test_a_case_that_fails_tells_what_was_expected_what_was_found_and_the_way(tiny_desk, case_of):
    case = case_of(lon=113.605, lat=34.705, expect_party="X", expect_reason="territorial_fallback")
    outcome = run_case(case, tiny_desk)
    [(key, wanted, got)] = outcome.missed
    assert (key, wanted, got) == ("expect_party", "X", outcome.assignment.party.code)
    assert outcome.assignment.trace[-1].rule_id == outcome.assignment.rule_id
    assert outcome.case.row.line == 2


def test_every_expectation_can_be_met(tiny_desk, case_of):
    code = tiny_desk.city.exclusive[0].code
    expected = {
        "expect_party": f"E{code}-00",
        "expect_kind": "exclusive_grid_party",
        "expect_reason": "exclusive_grid",
        "expect_scope": code,
        "expect_mode": "none",
        "expect_handling": "joint",
        "expect_co_handlers": f"E{code}-02; E{code}-01",
        "expect_reports_to": "none",
        "expect_escalated_to": "none",
    }
    assert set(expected) == set(EXPECTATIONS)
    case = case_of(exclusive_grid=code, category="06010", **expected)
    assert run_case(case, tiny_desk).missed == []


NOT_THERE = {
    "category": {"category": "nonsense", "lon": 113.605, "lat": 34.705},
    "mode": {"mode": "panic", "lon": 113.605, "lat": 34.705},
    "unit": {"unit": "nowhere"},
    "exclusive_grid": {"exclusive_grid": "nowhere"},
}


@pytest.mark.parametrize("key", NOT_THERE)
def test_a_case_about_what_is_not_there_fails_and_says_so(key, tiny_desk, case_of):
    outcome = run_case(case_of(expect_party="X", **NOT_THERE[key]), tiny_desk)
    assert [missed[0] for missed in outcome.missed] == [key]
    assert outcome.assignment is None


FAULTS = {
    "a place in two ways": ("lon: 1\n  lat: 2\n  unit: a\n  expect_party: P", "unit", "a"),
    "no place": ("expect_party: P", "exclusive_grid", ""),
    "half a point": ("lon: 1\n  expect_party: P", "lat", ""),
    "no number": ("lon: east\n  lat: 2\n  expect_party: P", "lon", "east"),
    "nothing expected": ("unit: a", "expect_party", ""),
    "an unknown column": ("unit: a\n  expect_party: P\n  expect: Q", "column", "expect"),
    "no instant": ("unit: a\n  expect_party: P", "at", "noon"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_case_that_cannot_be_asked_is_told_with_its_line(case, tmp_path):
    rest, key, value = FAULTS[case]
    at = "noon" if key == "at" else "2026-11-18T10:00"
    file = tmp_path / "cases.yaml"
    file.write_text(f"cases:\n- name: n\n  at: {at}\n  {rest}\n", encoding="utf-8")
    cases, [fault] = read_cases(file, ZONE)
    assert (fault.key, fault.value) == (key, value)
    assert fault.line >= 2
    assert cases == [] or key == "column"
