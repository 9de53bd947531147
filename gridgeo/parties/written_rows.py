"""Rules as written, as rows of their tables, and the other way."""

from collections.abc import Iterable, Mapping

from gridgeo.parties.calendars import Shift
from gridgeo.parties.model import ResponsibilityRule
from gridgeo.parties.written import NewRule

RULE_COLUMNS = (
    "rule_sets", "scope_unit_id", "scope_exclusive_id", "category_scheme", "category", "role",
    "party_id", "party_kind", "asset_kind", "asset_name", "tolerance_m", "mode", "shift_calendar",
    "shift", "weekdays", "day_kinds", "valid_from", "valid_to", "priority", "tree", "handling",
    "reports_to_id", "reports_to_kind",
)  # fmt: skip
"""The columns of `responsibility_rule` in the order of `rule_row`."""


def rule_row(
    rule: NewRule,
    rule_sets: object,
    units: Mapping[str, int],
    exclusive: Mapping[str, int],
    parties: Mapping[str, int],
) -> tuple[object, ...]:
    """Return a rule as a row of `RULE_COLUMNS`, its codes as ids; raises `KeyError`."""
    when = rule.when
    calendar, shift = when.shift or (None, None)
    return (
        rule_sets,
        None if rule.unit_code is None else units[rule.unit_code],
        None if rule.exclusive_code is None else exclusive[rule.exclusive_code],
        rule.category_scheme, rule.category, rule.role,
        None if rule.party_code is None else parties[rule.party_code],
        rule.party_kind, rule.asset_kind, rule.asset_name, rule.tolerance_m, rule.mode,
        calendar, shift, sorted(when.weekdays), sorted(when.day_kinds),
        when.valid_from, when.valid_to, rule.priority, rule.tree, rule.handling,
        None if rule.reports_to_code is None else parties[rule.reports_to_code],
        rule.reports_to_kind,
    )  # fmt: skip


def as_written(
    rule: ResponsibilityRule, units: Mapping[int, str], exclusive: Mapping[int, str]
) -> NewRule:
    """Return a rule by official codes, those of units and exclusive grids by id."""
    unit_id, exclusive_id = rule.scope_unit_id, rule.scope_exclusive_id
    return NewRule(
        party_code=rule.party.code if rule.party else None,
        unit_code=None if unit_id is None else units[unit_id],
        exclusive_code=None if exclusive_id is None else exclusive[exclusive_id],
        category_scheme=rule.category_scheme,
        category=rule.category,
        role=rule.role,
        party_kind=rule.party_kind,
        asset_kind=rule.asset_kind,
        asset_name=rule.asset_name,
        tolerance_m=rule.tolerance_m,
        mode=rule.mode,
        when=rule.when,
        priority=rule.priority,
        tree=rule.tree,
        handling=rule.handling,
        reports_to_code=rule.reports_to.code if rule.reports_to else None,
        reports_to_kind=rule.reports_to_kind,
    )


def shifts_document(shifts: Iterable[Shift]) -> list[dict[str, object]]:
    """Return shifts as the table keeps them: weekdays 1 to 7, minutes of the day."""
    return [
        {
            "name": shift.name,
            "weekdays": sorted(shift.weekdays),
            "starts": shift.starts,
            "ends": shift.ends,
        }
        for shift in shifts
    ]
