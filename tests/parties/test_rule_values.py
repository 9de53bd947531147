"""Values of rules by themselves: classes, shifts, assets near a point, legal parents."""

from datetime import UTC, datetime, timedelta

import shapely
from shapely import LineString, Point

from gridgeo.geometry.crs import Planar
from gridgeo.parties.assets import Asset, AssetIndex, AssetShapes, reach_of
from gridgeo.parties.book import Book, LegalLink, covers
from gridgeo.parties.calendars import WEEK_MIN, ModePeriod, Shift, ShiftCalendar
from gridgeo.parties.model import CategoryTree, Party, ResponsibilityRule, RuleSet

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LON, LAT = 113.6, 34.7
PLANAR = Planar(4547)
OFFICE = Party(1, "p", "office", "office", "")
EVERY_DAY = frozenset(range(1, 8))


def rule(number, kind, name, tolerance_m):
    return ResponsibilityRule(
        number, None, None, None, None, "lead", OFFICE, asset_kind=kind, asset_name=name,
        tolerance_m=tolerance_m,
    )  # fmt: skip


def north_m(metres):
    """A latitude so many metres north of LAT."""
    return LAT + metres / 110_940.0


def test_classes_that_stand_for_one_another_are_climbed_once():
    ring = CategoryTree(
        {("a", "1"): None, ("b", "1"): None}, {("a", "1"): ("b", "1"), ("b", "1"): ("a", "1")}
    )
    assert ring.lineage("a", "1") == (("a", "1"), ("b", "1"))
    assert ring.lineage("a", None) == ring.lineage(None, "1") == ()


def test_a_class_above_itself_is_climbed_once():
    assert CategoryTree({("a", "1"): ("a", "2"), ("a", "2"): ("a", "1")}).lineage("a", "1") == (
        ("a", "1"), ("a", "2"),
    )  # fmt: skip


def test_shifts_that_cover_the_week_leave_no_hole():
    shifts = Shift("day", EVERY_DAY, 480, 1_200), Shift("night", EVERY_DAY, 1_200, 480)
    assert ShiftCalendar("c", "", shifts).holes() == []
    assert ShiftCalendar("c", "", (Shift("all day", EVERY_DAY, 0, 0),)).holes() == []


def test_the_holes_of_a_calendar_are_the_minutes_that_no_shift_covers():
    calendar = ShiftCalendar("c", "", (Shift("sunday night", frozenset({7}), 1_200, 480),))
    assert calendar.holes() == [(480, WEEK_MIN - 240)]
    assert ShiftCalendar("c", "", ()).holes() == [(0, WEEK_MIN)]


ROAD = Asset(frozenset({"road", "arterial"}), "花园路", LineString([(LON - 0.01, LAT), (LON, LAT)]))
LAMP = Asset(frozenset({"lamp"}), "", Point(LON, north_m(12)))


def index_of(assets, rules):
    return AssetIndex(AssetShapes.of(assets, PLANAR, reach_of(rules)), rules)


def test_a_road_is_near_on_both_sides_out_to_the_tolerance_of_each_rule():
    rules = [rule(1, "road", None, 10.0), rule(2, "arterial", "花园路", 4.0)]
    index = index_of([ROAD], rules)
    for side in (-1, 1):
        [close] = index.near(LON - 0.001, north_m(side * 3.9))
        [far] = index.near(LON - 0.001, north_m(side * 9.9))
        assert ([r.rule_id for r in close.rules], [r.rule_id for r in far.rules]) == ([1, 2], [1])
        assert abs(close.distance_m - 3.9) < 0.05
        assert index.near(LON - 0.001, north_m(side * 10.2)) == ()


def test_of_several_assets_the_nearer_comes_first():
    index = index_of([ROAD, LAMP], [rule(1, "road", None, 15), rule(2, "lamp", None, 15)])
    near = index.near(LON, north_m(8))
    assert [one.asset for one in near] == ["lamp", "road 花园路"]
    assert index.near(LON, north_m(400)) == ()


def test_an_asset_that_no_rule_names_is_left_out():
    rules = [rule(1, "road", "农业路", 10.0)]
    assert index_of([ROAD, LAMP], rules).near(LON, LAT) == ()


def test_a_mode_holds_in_its_shape_in_its_units_or_everywhere():
    shape = shapely.box(0, 0, 1, 1)
    everywhere = ModePeriod(1, "m", NOW)
    in_units = ModePeriod(1, "m", NOW, unit_ids=frozenset({5}))
    in_shape = ModePeriod(1, "m", NOW, area=shape)
    assert covers(everywhere, 9, 9, frozenset())
    assert covers(in_units, 9, 9, frozenset({1, 5})) and not covers(in_units, 9, 9, frozenset({1}))
    assert covers(in_shape, 1, 0.5, frozenset()) and not covers(in_shape, 1.1, 0.5, frozenset())


def test_a_mode_is_on_from_its_start_to_before_its_end():
    period = ModePeriod(1, "m", NOW, NOW + timedelta(hours=6))
    hours = [period.is_on(NOW + timedelta(hours=hour)) for hour in (-1, 0, 5.99, 6)]
    assert hours == [False, True, True, False]
    assert ModePeriod(1, "m", NOW).is_on(NOW + timedelta(days=900))


def test_of_modes_on_the_higher_priority_comes_first():
    periods = [ModePeriod(n, mode, NOW) for n, mode in enumerate(("holiday", "emergency"))]
    book = Book(RuleSet(1, NOW, {}, {}), periods)
    assert book.modes_on(0, 0, frozenset(), NOW) == ("emergency", "holiday")
    assert book.modes_on(0, 0, frozenset(), NOW - timedelta(minutes=1)) == ()


def test_a_legal_parent_holds_for_its_versions():
    book = Book(RuleSet(1, NOW, {}, {}), legal=(LegalLink(7, 2, 1, 3), LegalLink(7, 4, 3, None)))
    assert [book.legal_parents(version) for version in (1, 2, 3)] == [{7: 2}, {7: 2}, {7: 4}]
    assert book.legal_parents(1) is book.legal_parents(1)


def test_what_holds_at_a_minute_is_remembered_up_to_a_number_of_minutes(monkeypatch):
    book = Book(RuleSet(1, NOW, {}, {}))
    monkeypatch.setattr("gridgeo.parties.book.MINUTES_KEPT", 2)
    assert len({book.holding(minute) for minute in range(5)}) == 1
    assert book.is_plain
