from dataclasses import replace

import pytest
from shapely.geometry import box

from gridgeo.cli.city_files import read_profile
from gridgeo.errors import BadInput
from gridgeo.plans.limits import BalanceRule, Limits
from gridgeo.settings import ROOT
from gridgeo.units.model import Unit

RULE = BalanceRule("micro_grid", "households", 50, 70, amber_share=0.2)


def profile(**document):
    found = read_profile(ROOT / "data")
    return replace(found, document={**found.document, **document})


def unit(level, *, is_leaf=True):
    return Unit("a", level, "a", None, box(0, 0, 1, 1), is_leaf)


@pytest.mark.parametrize(
    ("value", "status"),
    [(50, "green"), (70, "green"), (49, "amber"), (40, "amber"), (84, "amber"), (39, "red"),
     (85, "red"), (0, "red")],
)  # fmt: skip
def test_the_bounds_are_green_and_amber_reaches_a_share_beyond_them(value, status):
    assert RULE.status(value) == status


def test_a_grid_without_units_in_it_has_no_rule():
    [rule] = [rule for rule in Limits.of(profile()).balance if rule.level == "grid"]
    assert rule.holds_for(unit("grid", is_leaf=False))
    assert not rule.holds_for(unit("grid"))
    assert not rule.holds_for(unit("micro_grid"))


def test_zhengzhou_asks_for_50_to_70_households_and_for_300_to_500():
    limits = Limits.of(profile())
    asked = {(rule.level, rule.least, rule.most) for rule in limits.balance}
    assert asked == {("micro_grid", 50, 70), ("grid", 300, 500)}
    assert [limits.severity(kind) for kind in ("cuts_building", "below_minimum")] == ["error"] * 2
    assert limits.severity("out_of_balance") == limits.severity("not_contiguous") == "warning"


def test_no_profile_makes_less_than_an_error_of_a_broken_law():
    limits = Limits.of(profile(severity={"gap": "warning", "cuts_building": "warning"}))
    assert (limits.severity("gap"), limits.severity("cuts_building")) == ("error", "warning")


def test_a_profile_without_rules_has_none_and_keeps_the_usual_severities():
    limits = Limits.of(replace(profile(), document={}))
    assert (limits.balance, limits.minima) == ((), ())
    assert limits.severity("cuts_building") == "error"
    assert limits.severity("not_contiguous") == "warning"


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"balance": [{"level": "grid"}]}, "balance"),
        ({"minimum": [{"level": "grid", "measure": "weight", "least": 1}]}, "minimum.measure"),
        ({"severity": {"gap": "awful"}}, "severity.gap"),
        ({"severity": {"ugly": "error"}}, "severity.ugly"),
    ],
)
def test_what_does_not_belong_into_a_profile_is_named(document, key):
    with pytest.raises(BadInput) as refused:
        Limits.of(profile(**document))
    assert refused.value.key == key
