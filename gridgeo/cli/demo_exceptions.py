"""What modes, hours, holidays and assets change in the demo city's rules."""

from collections.abc import Iterator

from gridgeo.cli.city_files import SCHEME
from gridgeo.parties.calendars import Shift, ShiftCalendar, When
from gridgeo.parties.written import NewRule
from gridgeo.synth import SynthCity
from gridgeo.synth.model import SynthExclusiveGrid

WEEK = frozenset(range(1, 8))
WORKING_WEEK = frozenset(range(1, 6))
DAY_STARTS, NIGHT_STARTS = 8 * 60, 20 * 60
OFFICE_OPENS, OFFICE_CLOSES = 8 * 60 + 30, 17 * 60 + 30

POSTS_CALENDAR, OFFICE_CALENDAR = "grid_posts", "office"

SHIFTS = (
    ShiftCalendar(
        POSTS_CALENDAR,
        "网格员轮班",
        (
            Shift("day", WEEK, DAY_STARTS, NIGHT_STARTS),
            Shift("night", WEEK, NIGHT_STARTS, DAY_STARTS),
        ),
    ),
    ShiftCalendar(
        OFFICE_CALENDAR,
        "机关办公时间",
        (
            Shift("open", WORKING_WEEK, OFFICE_OPENS, OFFICE_CLOSES),
            Shift("closed", WORKING_WEEK, OFFICE_CLOSES, OFFICE_OPENS),
            Shift("closed", WEEK - WORKING_WEEK, OFFICE_OPENS, OFFICE_OPENS),
        ),
    ),
)
"""Neither has a hole: what is closed is a shift too."""

BY_DAY = When(shift=(POSTS_CALENDAR, "day"))
AT_NIGHT = When(shift=(POSTS_CALENDAR, "night"))
ON_HOLIDAYS = When(day_kinds=frozenset({"holiday"}))

BUSY_ON_HOLIDAYS = ("hub", "park", "stadium")
"""Kinds of exclusive grids whose team takes everything on a holiday."""

EMPTY_AT_NIGHT = ("school",)
"""Kinds of exclusive grids whose lead goes home in the evening; then its deputy leads."""

FOR_EVENTS = ("hub", "stadium", "business_district")
"""Kinds of exclusive grids whose team takes everything during a major event."""


def exceptions(made: SynthCity) -> Iterator[NewRule]:
    """Yield the rules of modes, hours, holidays and assets."""
    city = made.units[0].code
    yield from _emergencies(city)
    yield from _major_events(city)
    yield from _nights(city)
    yield from _calls_of_the_street(city)
    yield from _assets(city)
    for grid in made.exclusive_grids:
        yield from _teams_at_their_time(grid)


def _emergencies(city: str) -> Iterator[NewRule]:
    """Give everything to the command; fire and crowds stay with their services, beside it."""
    yield NewRule(
        unit_code=city,
        mode="emergency",
        party_kind="emergency_management",
        handling="escalated",
        reports_to_kind="operations_centre",
    )
    for code, kind in (("09012", "fire_rescue"), ("X04009", "police")):
        yield NewRule(
            unit_code=city,
            mode="emergency",
            category_scheme=SCHEME,
            category=code,
            party_kind=kind,
            reports_to_kind="emergency_management",
        )


def _major_events(city: str) -> Iterator[NewRule]:
    """Give everything in the event's zone to the command post of the district."""
    yield NewRule(
        unit_code=city, mode="major_event", party_kind="operations_centre", handling="joint"
    )


def _nights(city: str) -> Iterator[NewRule]:
    """Give noise at night to police and enforcement; on holidays to the patrols, at any hour."""
    for code, kind in (("06028", "police"), ("08001", "urban_management")):
        yield NewRule(
            unit_code=city,
            category_scheme=SCHEME,
            category=code,
            party_kind=kind,
            when=AT_NIGHT,
        )
    yield NewRule(
        unit_code=city,
        category_scheme=SCHEME,
        category="06028",
        party_kind="urban_management",
        when=ON_HOLIDAYS,
        priority=1,
    )


def _calls_of_the_street(city: str) -> Iterator[NewRule]:
    """Let streets call and departments report: the street keeps the case beside them."""
    for code, kind in (("06001", "urban_management"), ("06002", "urban_management")):
        yield NewRule(
            unit_code=city,
            category_scheme=SCHEME,
            category=code,
            party_kind=kind,
            reports_to_kind="territorial_office",
        )


def _assets(city: str) -> Iterator[NewRule]:
    """Give main roads, lamps, parks and points that flood to their keepers, on any ground."""
    works, parks = f"D{city}-municipal_works", f"D{city}-landscaping"
    for kind, tolerance_m, code, party in (
        ("arterial", 15.0, "06013", works),
        ("arterial", 15.0, "06050", works),
        ("lamp", 3.0, "01037", works),
        ("lamp", 3.0, "01060", works),
        ("park", 0.0, "04", parks),
        ("park", 0.0, "06017", parks),
        ("park", 0.0, "06047", parks),
        ("ponding_point", 30.0, "X04006", f"D{city}-utility_drainage"),
    ):
        yield NewRule(
            party_code=party,
            asset_kind=kind,
            tolerance_m=tolerance_m,
            category_scheme=SCHEME,
            category=code,
        )
    yield NewRule(
        party_kind="traffic_police",
        asset_kind="ponding_point",
        tolerance_m=30.0,
        category_scheme=SCHEME,
        category="X04006",
        role="co_handler",
    )


def _teams_at_their_time(grid: SynthExclusiveGrid) -> Iterator[NewRule]:
    lead = f"E{grid.code}-00"
    if grid.kind in BUSY_ON_HOLIDAYS:
        yield NewRule(party_code=lead, exclusive_code=grid.code, when=ON_HOLIDAYS)
    if grid.kind in FOR_EVENTS:
        yield NewRule(
            party_code=lead, exclusive_code=grid.code, mode="major_event", handling="joint"
        )
