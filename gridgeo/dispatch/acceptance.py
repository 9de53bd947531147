"""Acceptance cases: an administrator's table of places, matters and times, and who must answer.

A table has one row for each case, as CSV (`cases.csv` in a folder) or as a list `cases` in a YAML
file. A row says where (lon and lat, a unit, or an exclusive grid), what and when, and one or more
expectations; the columns are `COLUMNS`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from msgspec.structs import replace

from gridgeo.dispatch.batch import DEFAULT_SCHEME
from gridgeo.dispatch.deciding import Desk
from gridgeo.dispatch.model import Assignment
from gridgeo.dispatch.places import point_in_exclusive, point_in_unit
from gridgeo.errors import NotFound
from gridgeo.parties.files.cells import Cells
from gridgeo.parties.files.tables import BETWEEN, Fault, Row, read_tables

EXPECTATIONS = (
    "expect_party", "expect_kind", "expect_reason", "expect_scope", "expect_mode",
    "expect_handling", "expect_co_handlers", "expect_reports_to", "expect_escalated_to",
)  # fmt: skip

COLUMNS = (
    "name", "at", "lon", "lat", "unit", "exclusive_grid", "scheme", "category", "mode",
    *EXPECTATIONS,
)  # fmt: skip

TABLE = "cases"
NOBODY = "none"
"""Expected of `co_handlers`, `reports_to` and `escalated_to` where there must be none."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case; `expected` holds what is said under the names of `EXPECTATIONS`.

    With a mode it is asked as if just that one were on at the place; without, as it is then.
    """

    name: str
    instant: datetime
    point: tuple[float, float] | None
    unit: str | None
    exclusive: str | None
    scheme: str
    category: str | None
    mode: str | None
    expected: Mapping[str, str]
    row: Row


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case: (expectation, expected, found) for each that was not met."""

    case: Case
    missed: Sequence[tuple[str, str, str]]
    assignment: Assignment | None

    @property
    def passed(self) -> bool:
        """Whether every expectation was met."""
        return not self.missed


def read_cases(path: Path, zone: tzinfo) -> tuple[list[Case], list[Fault]]:
    """Read a table of cases; instants without an offset are of the zone.

    Returns the sound cases and every fault; raises `BadInput` when it cannot be read at all.
    """
    tables, faults = read_tables(path, {TABLE: COLUMNS})
    cases = []
    for row in tables.get(TABLE, ()):
        before = len(faults)
        case = _case(Cells(row, faults), zone)
        if len(faults) == before:
            cases.append(case)
    return cases, faults


def _case(cells: Cells, zone: tzinfo) -> Case:
    def instant(text: str) -> datetime:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)

    cells.together("lon", "lat")
    cells.exactly_one("lon", "unit", "exclusive_grid")
    cells.needed("at")
    expected = {key: cells.text(key) for key in EXPECTATIONS if cells.text(key)}
    if not expected:
        cells.refuse(EXPECTATIONS[0], f"say at least one of {', '.join(EXPECTATIONS)}")
    lon = cells.read("lon", float, 0.0, "number of degrees")
    lat = cells.read("lat", float, 0.0, "number of degrees")
    return Case(
        name=cells.needed("name"),
        instant=cells.read("at", instant, datetime.now(UTC), "instant such as 2026-10-01T08:00"),
        point=(lon, lat) if cells.text("lon") else None,
        unit=cells.maybe("unit"),
        exclusive=cells.maybe("exclusive_grid"),
        scheme=cells.text("scheme") or DEFAULT_SCHEME,
        category=cells.maybe("category"),
        mode=cells.maybe("mode"),
        expected=expected,
        row=cells.row,
    )


def run_cases(cases: Sequence[Case], desk: Desk) -> Iterator[Outcome]:
    """Ask each case and compare; the desk's rules decide, whatever the time of the case."""
    for case in cases:
        yield run_case(case, desk)


def run_case(case: Case, desk: Desk) -> Outcome:
    """Ask one case and compare; what is not on the map or not a class is a miss."""
    matter = (case.scheme, case.category)
    if case.category is not None and matter not in desk.rules.categories.parents:
        return Outcome(case, [("category", "a known class", case.category)], None)
    if case.mode is not None and case.mode not in desk.rules.mode_priority:
        return Outcome(case, [("mode", "a known mode", case.mode)], None)
    try:
        lon, lat = place_of(case, desk)
    except NotFound as error:
        return Outcome(case, [(str(error.key), "a code of the map", str(error.value))], None)
    placement = desk.city.place(lon, lat)
    asked = replace(desk, instant=case.instant)
    found, _, _ = asked.explained(placement, case.category, case.scheme, case.mode)
    told = told_of(found)
    missed = [
        (key, wanted, told[key])
        for key, wanted in case.expected.items()
        if _sorted(wanted) != told[key]
    ]
    return Outcome(case, missed, found)


def place_of(case: Case, desk: Desk) -> tuple[float, float]:
    """Return lon, lat of the point that a case asks about; raises `NotFound`."""
    if case.point is not None:
        return case.point
    if case.unit is not None:
        return point_in_unit(desk.city, case.unit)
    return point_in_exclusive(desk.city, str(case.exclusive))


def told_of(assignment: Assignment) -> dict[str, str]:
    """Return what an assignment says under the name of each expectation."""
    seconds: dict[str, str] = {one.relation: one.party.code for one in assignment.seconds}
    beside = BETWEEN.join(sorted(party.code for party in assignment.co_handlers))
    return {
        "expect_party": assignment.party.code,
        "expect_kind": assignment.party.kind,
        "expect_reason": assignment.reason,
        "expect_scope": assignment.scope,
        "expect_mode": assignment.mode or NOBODY,
        "expect_handling": assignment.handling,
        "expect_co_handlers": beside or NOBODY,
        "expect_reports_to": seconds.get("reports_to", NOBODY),
        "expect_escalated_to": seconds.get("escalated_to", NOBODY),
    }


def _sorted(wanted: str) -> str:
    return BETWEEN.join(sorted(part.strip() for part in wanted.split(BETWEEN)))
