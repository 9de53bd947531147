from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from rulebook import (
    CITY,
    FALLBACK,
    LEAF,
    NOW,
    OTHER,
    TOWN,
    ask,
    party,
    placed,
    rule,
    rule_set,
)

from gridgeo.dispatch.model import Matter, Second, assign
from gridgeo.errors import Unavailable
from gridgeo.parties.calendars import Calendars, Shift, ShiftCalendar, When
from gridgeo.parties.model import NearAsset

SHANGHAI = ZoneInfo("Asia/Shanghai")

DECISIONS = {
    "an exclusive grid goes before the leaf": (
        [rule(2, "l", "L", "06"), rule(3, "x", "X", "06")],
        "X", "06010", ("x", "X", "exclusive_grid"),
    ),
    "an exclusive grid that does not speak of the matter is passed over": (
        [rule(2, "l", "L", "06"), rule(3, "x", "X", "09")],
        "X", "06010", ("l", "L", "unit_rule"),
    ),
    "of overlapping exclusive grids the one that speaks decides": (
        [rule(2, "y", "Y", "06"), rule(3, "x", "X", "09"), rule(4, "z", "Z", "09")],
        "XYZ", "06010", ("y", "Y", "exclusive_grid"),
    ),
    "of three overlapping exclusive grids the most specific class decides": (
        [rule(2, "x", "X"), rule(3, "y", "Y", "06"), rule(4, "z", "Z", "0601")],
        "XYZ", "06010", ("z", "Z", "exclusive_grid"),
    ),
    "of three overlapping exclusive grids alike the higher priority decides": (
        [rule(2, "x", "X", "06"), rule(3, "y", "Y", "06", priority=2),
         rule(4, "z", "Z", "06", priority=1)],
        "XYZ", "06010", ("y", "Y", "exclusive_grid"),
    ),
    "of three overlapping exclusive grids all alike the lowest code decides": (
        [rule(2, "z", "Z", "06"), rule(3, "y", "Y", "06"), rule(4, "x", "X", "06")],
        "XYZ", "06010", ("x", "X", "exclusive_grid"),
    ),
    "an exclusive grid may answer for everything": (
        [rule(2, "x", "X")], "X", None, ("x", "X", "exclusive_grid"),
    ),
    "the nearest unit upwards that speaks of the matter decides": (
        [rule(2, "c", "C", "06"), rule(3, "t", "T", "06")],
        "", "06010", ("t", "T", "unit_rule"),
    ),
    "a nearer unit goes before a more specific class farther up": (
        [rule(2, "c", "C", "06010", priority=9), rule(3, "t", "T", "06")],
        "", "06010", ("t", "T", "unit_rule"),
    ),
    "a rule of the city for the matter goes before the leaf's fallback": (
        [rule(2, "l", "L"), rule(3, "c", "C", "06")],
        "", "06010", ("c", "C", "unit_rule"),
    ),
    "within a unit the most specific class decides, whatever the priority": (
        [rule(2, "a", "T", "06", priority=9), rule(3, "b", "T", "06010"),
         rule(4, "e", "T", "0601", priority=9)],
        "", "06010", ("b", "T", "unit_rule"),
    ),
    "the tree of classes decides, not the digits of a code": (
        [rule(2, "a", "T", "061"), rule(3, "b", "T", "06")],
        "", "06011", ("b", "T", "unit_rule"),
    ),
    "of rules alike the higher priority decides": (
        [rule(2, "a", "T", "06"), rule(3, "b", "T", "06", priority=1)],
        "", "06010", ("b", "T", "unit_rule"),
    ),
    "of rules all alike the older one decides": (
        [rule(2, "a", "T", "06"), rule(3, "b", "T", "06")],
        "", "06010", ("a", "T", "unit_rule"),
    ),
    "nobody speaks of the matter: the nearest fallback answers": (
        [rule(2, "t", "T"), rule(3, "l", "L", "09")],
        "", "06010", ("t", "T", "territorial_fallback"),
    ),
    "no matter is named: only fallbacks answer": (
        [rule(2, "l", "L", "06")], "", None, ("city", "C", "territorial_fallback"),
    ),
    "a co-handler alone decides nothing": (
        [rule(2, "l", "L", "06", role="co_handler")],
        "", "06010", ("city", "C", "territorial_fallback"),
    ),
    "a deputy gives way to a lead, however general": (
        [rule(2, "d", "T", "06010", role="deputy", priority=9), rule(3, "t", "T", "06")],
        "", "06010", ("t", "T", "unit_rule"),
    ),
    "a deputy leads where no lead of the scope holds": (
        [rule(2, "d", "T", "06", role="deputy"), rule(3, "t", "T", "09"), rule(4, "c", "C", "06")],
        "", "06010", ("d", "T", "unit_rule"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DECISIONS)
def test_order_of_decision(case):
    rules, exclusive, category, (name, scope, reason) = DECISIONS[case]
    found = ask(rule_set(*rules), category, exclusive=exclusive)
    assert (found.party.code, found.scope, found.reason) == (name, scope, reason)
    assert found.fallback == (reason == "territorial_fallback")
    assert found.rule_set == 7
    assert [step.rule_id for step in found.trace if step.rule_id] == [found.rule_id]


# --- classes -------------------------------------------------------------------------------------


def test_a_class_of_another_scheme_is_another_matter():
    assert ask(rule_set(rule(2, "l", "L", "06")), "B", "old").party.code == "city"


def test_a_class_that_stands_for_one_of_another_scheme_is_answered_by_its_rules():
    rules = rule_set(rule(2, "new", "T", "06"), rule(3, "leaf", "L", "06010"))
    assert ask(rules, "A1", "old").party.code == "new"


def test_a_rule_in_the_scheme_of_the_report_goes_before_one_of_the_other_scheme():
    rules = rule_set(rule(2, "new", "T", "0601"), rule(3, "old", "T", "A", scheme="old"))
    assert ask(rules, "A1", "old").party.code == "old"


# --- time ----------------------------------------------------------------------------------------

STREET = ShiftCalendar(
    "street", "street shifts",
    (
        Shift("day", frozenset(range(1, 8)), 8 * 60, 20 * 60),
        Shift("night", frozenset(range(1, 8)), 20 * 60, 8 * 60),
    ),
)  # fmt: skip
CALENDARS = Calendars(
    SHANGHAI,
    {"street": STREET},
    {date(2026, 10, 3): "holiday", date(2026, 10, 10): "workday"},
)
TIMED = rule_set(
    rule(2, "day", "T", "06", when=When(shift=("street", "day"))),
    rule(3, "night", "T", "06", when=When(shift=("street", "night"))),
    rule(4, "holiday", "T", "06", when=When(day_kinds=frozenset({"holiday"})), priority=1),
    rule(5, "weekend", "T", "09", when=When(day_kinds=frozenset({"weekend"}))),
    rule(6, "working", "T", "09", when=When(day_kinds=frozenset({"workday"}))),
    rule(7, "saturday", "T", "061", when=When(weekdays=frozenset({6}))),
    rule(8, "always", "T", "061"),
    calendars=CALENDARS,
)

MINUTES = {
    "the minute before hand-over belongs to the day shift": ("2026-10-05 19:59", "06", "day"),
    "the hand-over minute belongs to the night shift": ("2026-10-05 20:00", "06", "night"),
    "the night shift runs on over midnight": ("2026-10-06 00:00", "06", "night"),
    "it ends at the next hand-over": ("2026-10-06 08:00", "06", "day"),
    "from Sunday to Monday it runs over the end of the week": ("2026-10-12 03:00", "06", "night"),
    "a holiday on a Saturday is a holiday": ("2026-10-03 10:00", "06", "holiday"),
    "and no weekend": ("2026-10-03 10:00", "09", "city"),
    "a made-up working Saturday is a working day": ("2026-10-10 10:00", "09", "working"),
    "a usual Saturday is a weekend": ("2026-10-17 10:00", "09", "weekend"),
    "of rules alike the one with more conditions on time": ("2026-10-17 10:00", "061", "saturday"),
    "the day is the city's, not that of UTC": ("2026-10-18 00:30", "061", "always"),
}


@pytest.mark.parametrize("case", MINUTES)
def test_rules_hold_by_the_clock_of_the_city(case):
    local, category, name = MINUTES[case]
    at = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI)
    assert ask(TIMED, category, at=at).party.code == name


def test_a_rule_holds_from_its_first_to_before_its_last_minute():
    start, end = NOW, NOW + timedelta(minutes=5)
    rules = rule_set(rule(2, "t", "T", "06", when=When(valid_from=start, valid_to=end)))
    minutes = [start - timedelta(seconds=1), start, end - timedelta(seconds=1), end]
    codes = [ask(rules, at=at).party.code for at in minutes]
    assert codes == ["city", "t", "t", "city"]


def test_a_bound_within_a_minute_counts_from_the_next_whole_one():
    when = When(valid_from=NOW + timedelta(seconds=30))
    rules = rule_set(rule(2, "t", "T", "06", when=when))
    assert ask(rules, at=NOW + timedelta(seconds=45)).party.code == "city"
    assert ask(rules, at=NOW + timedelta(seconds=60)).party.code == "t"


def test_a_shift_that_nobody_knows_never_runs():
    rules = rule_set(
        rule(2, "t", "T", "06", when=When(shift=("nowhere", "day"))), calendars=CALENDARS
    )
    assert ask(rules).party.code == "city"


# --- modes ---------------------------------------------------------------------------------------

IN_MODES = rule_set(
    rule(2, "asset", "park", "06"),
    rule(3, "grid", "X", "06"),
    rule(4, "leaf", "L", "06"),
    rule(5, "daily", "L", "09", mode="daily"),
    rule(6, "command", "C", mode="emergency"),
    rule(7, "guard", "D", "06", mode="major_event"),
    rule(8, "guard of all", "T", mode="major_event"),
)
PARK = NearAsset("park", 3.0, (IN_MODES.of_asset[0],))

MODES = {
    "no mode: the asset before the exclusive grid": ((), "06010", ("asset", "asset", None)),
    "an event: its rule for the matter before its rule for all": (
        ("major_event",), "06010", ("guard", "operating_mode", "major_event"),
    ),
    "an event: its rule for all before the ordinary rules": (
        ("major_event",), "09", ("guard of all", "operating_mode", "major_event"),
    ),
    "an emergency goes before an event": (
        ("emergency", "major_event"), "06010", ("command", "operating_mode", "emergency"),
    ),
    "a mode that no rule speaks of leaves the ordinary rules": (
        ("holiday",), "06010", ("asset", "asset", None),
    ),
    "daily holds where no mode is on": ((), "09", ("daily", "unit_rule", None)),
    "daily does not hold where a mode is on": (
        ("holiday",), "09", ("city", "territorial_fallback", None),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MODES)
def test_modes_that_are_on_decide_first(case):
    modes, category, expected = MODES[case]
    found = ask(IN_MODES, category, exclusive="X", modes=modes, near=(PARK,))
    assert (found.party.code, found.reason, found.mode) == expected
    assert found.fallback == (found.reason == "territorial_fallback")


def test_a_mode_reaches_a_point_outside_the_city():
    found = ask(IN_MODES, inside=False, modes=("emergency",))
    assert (found.party.code, found.reason) == ("command", "operating_mode")


# --- assets --------------------------------------------------------------------------------------

ROADS = rule_set(
    rule(2, "any road", "road", "06"),
    rule(3, "this road", "road 花园路", "06"),
    rule(4, "that road", "road 农业路", "06"),
    rule(5, "beside", "road 花园路", "06", role="co_handler"),
    rule(6, "leaf", "L", "06010"),
)
ANY, THIS, THAT, BESIDE = ROADS.of_asset


@pytest.mark.parametrize("district", ["one side", "other side"])
def test_a_road_on_the_border_of_two_districts_has_one_owner_on_both_sides(district):
    near = (NearAsset("road 花园路", 4.0, (ANY, THIS, BESIDE)),)
    rules = rule_set(*ROADS.of_asset, rule(7, district, "D", "06010"))
    found = ask(rules, near=near)
    assert (found.party.code, found.scope, found.reason) == ("this road", "road 花园路", "asset")
    assert ([one.code for one in found.co_handlers], found.handling) == (["beside"], "joint")


def test_of_two_assets_the_nearer_decides():
    near = (NearAsset("road 农业路", 1.0, (ANY, THAT)), NearAsset("road 花园路", 4.0, (ANY, THIS)))
    assert ask(ROADS, near=near).party.code == "that road"


def test_an_asset_out_of_tolerance_leaves_the_polygon():
    assert ask(ROADS).party.code == "leaf"


# --- trees, kinds, ways of handling --------------------------------------------------------------

LEGAL = (CITY, OTHER, TOWN, LEAF)

TREES = {
    "the administering unit answers unless a rule climbs the legal tree": (
        [rule(2, "zone", "D", "06"), rule(3, "legal", "O", "06")], "zone",
    ),
    "a rule of the legal tree reaches the zone that another unit administers": (
        [rule(2, "legal", "O", "06", tree="legal")], "legal",
    ),
    "of both at one step the administering unit, being older": (
        [rule(2, "zone", "D", "06"), rule(3, "legal", "O", "06", tree="legal")], "zone",
    ),
    "of both at one step the legal one by its priority": (
        [rule(2, "zone", "D", "06"), rule(3, "legal", "O", "06", tree="legal", priority=1)],
        "legal",
    ),
    "a unit of the administering chain does not answer by the legal tree": (
        [rule(2, "zone", "D", "06", tree="legal")], "city",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TREES)
def test_a_rule_says_which_tree_it_climbs(case):
    rules, name = TREES[case]
    assert ask(rule_set(*rules), legal_chain=LEGAL).party.code == name


@pytest.mark.parametrize(("tree", "name"), [("administering", "zone"), ("legal", "legal")])
def test_a_kind_is_looked_for_in_the_tree_that_the_rule_climbs(tree, name):
    rules = rule_set(
        rule(2, "<drainage>", "C", "06", tree=tree),
        attached=[(party("zone", "drainage"), "D"), (party("legal", "drainage"), "O")],
    )
    assert ask(rules, legal_chain=LEGAL).party.code == name


def test_a_kind_is_the_party_that_serves_the_territory_nearest_upwards():
    rules = rule_set(
        rule(2, "<drainage>", "C", "06"),
        attached=[(party("of city", "drainage"), "C"), (party("of town", "drainage"), "T"),
                  (party("heat", "heating"), "L")],
    )  # fmt: skip
    assert ask(rules).party.code == "of town"
    assert ask(rules, inside=False).party.code == "of city"


def test_a_rule_whose_kind_serves_nobody_there_loses_to_the_next():
    rules = rule_set(rule(2, "<drainage>", "T", "06010"), rule(3, "town", "T", "06"))
    found = ask(rules)
    assert found.party.code == "town"
    lost = {one.rule_id: one.why for step in found.trace for one in step.lost}
    assert lost[2] == "no_party_of_kind"


def test_an_exclusive_grid_may_have_a_party_of_the_kind_of_its_own():
    rules = rule_set(
        rule(2, "<team>", "X", "06"),
        attached=[(party("town team", "team"), "T"), (party("grid team", "team"), "X")],
    )
    assert ask(rules, exclusive="X").party.code == "grid team"


def test_streets_call_and_departments_report_without_losing_the_lead():
    rules = rule_set(
        rule(2, "department", "D", "06", reports_to_kind="street_office"),
        attached=[(party("street", "street_office"), "T")],
    )
    found = ask(rules)
    assert found.party.code == "department"
    assert [(one.relation, one.party.code) for one in found.seconds] == [("reports_to", "street")]


def test_an_escalated_matter_is_also_told_to_the_superior():
    above = party("above")
    town = party("town", superior=above.party_id)
    rules = rule_set(
        rule(2, "<office>", "T", "06", handling="escalated"),
        attached=[(town, "T")], parties={above.party_id: above},
    )  # fmt: skip
    found = ask(rules)
    assert (found.party, found.handling) == (town, "escalated")
    assert found.seconds == (Second("escalated_to", above),)


def test_a_lead_does_not_report_to_itself():
    rules = rule_set(rule(2, "t", "T", "06", reports_to=party("t")))
    assert ask(rules).seconds == ()


def test_co_handlers_stand_beside_the_lead_once_each_in_code_order():
    rules = rule_set(
        rule(2, "l", "X", "06"),
        rule(3, "z", "X", "06", role="co_handler"),
        rule(4, "b", "X", "06010", role="co_handler"),
        rule(5, "b", "X", role="co_handler"),
        rule(6, "l", "X", "06", role="co_handler"),
        rule(7, "q", "X", "09", role="co_handler"),
        rule(8, "d", "X", "06", role="deputy"),
    )
    found = ask(rules, exclusive="X")
    assert [one.code for one in found.co_handlers] == ["b", "z"]
    assert found.handling == "joint"


# --- outside, the trace, nobody ------------------------------------------------------------------


def test_outside_the_city_the_city_answers_by_its_most_specific_rule():
    rules = rule_set(rule(2, "d", "C", "06"))
    general, special = (ask(rules, category, inside=False) for category in (None, "06010"))
    assert (general.party.code, special.party.code) == ("city", "d")
    assert {general.reason, special.reason} == {"outside_city"}
    assert general.fallback and special.fallback


def test_the_trace_names_every_scope_up_to_the_decision():
    found = ask(rule_set(), exclusive="X")
    assert [(step.scope, step.reason) for step in found.trace] == [
        ("X", "exclusive_grid"),
        *[(code, "unit_rule") for code in "LTDC"],
        *[(code, "territorial_fallback") for code in "LTDC"],
    ]


def test_the_trace_says_why_each_rule_lost():
    rules = rule_set(
        rule(2, "won", "T", "06010", when=When(weekdays=frozenset({1})), priority=3),
        rule(3, "a", "T", "09"),
        rule(4, "b", "T", "06010", when=When(weekdays=frozenset({7}))),
        rule(5, "c", "T", "06010", role="deputy"),
        rule(6, "d", "T", "06"),
        rule(7, "e", "T", "06010", priority=2),
        rule(8, "f", "T", "06010", priority=3),
        rule(9, "g", "T", "06010", when=When(weekdays=frozenset({1})), priority=3),
        rule(10, "h", "T", "06010", role="co_handler"),
    )
    found = ask(rules)
    assert found.party.code == "won"
    assert {one.rule_id: one.why for one in found.trace[-1].lost} == {
        3: "other_matter",
        4: "other_time",
        5: "deputy",
        6: "less_specific_category",
        7: "lower_priority",
        8: "fewer_conditions_on_time",
        9: "younger",
        10: "stands_beside",
    }


def test_of_grids_alike_the_trace_names_the_later_code():
    found = ask(rule_set(rule(2, "x", "X", "06"), rule(3, "y", "Y", "06")), exclusive="XY")
    assert [one.why for step in found.trace for one in step.lost] == ["farther_or_later_code"]


def test_no_trace_is_kept_where_none_is_asked_for():
    assert assign(placed(), rule_set(), CITY, Matter(None, None, 0)).trace == ()


@pytest.mark.parametrize("inside", [True, False])
def test_a_rule_set_without_a_city_fallback_is_said_to_be_incomplete(inside):
    rules = rule_set(rule(2, "l", "L", "06"))
    rules.of_unit[CITY.unit_id].remove(FALLBACK)
    with pytest.raises(Unavailable, match="give the city a rule without category, mode and time"):
        ask(rules, "09", inside=inside)
