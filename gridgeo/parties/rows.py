"""Rows of the tables of rules as values, and values as rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gridgeo.parties.model import (
    ALWAYS,
    NewRule,
    Party,
    ResponsibilityRule,
    Shift,
    ShiftCalendar,
    When,
)

Row = Sequence[Any]

RULE_COLUMNS = (
    "rule_sets", "scope_unit_id", "scope_exclusive_id", "category_scheme", "category", "role",
    "party_id", "party_kind", "asset_kind", "asset_name", "tolerance_m", "mode", "shift_calendar",
    "shift", "weekdays", "day_kinds", "valid_from", "valid_to", "priority", "tree", "handling",
    "reports_to_id", "reports_to_kind",
)  # fmt: skip
"""The columns of `responsibility_rule` in the order of `rule_row`."""


def rules_of(rows: Iterable[Row], parties: Mapping[int, Party]) -> Iterator[ResponsibilityRule]:
    """Yield the rules of rows of `rules_of_set.sql`; those with one condition on time share it."""
    whens: dict[tuple[object, ...], When] = {(None, None, (), (), None, None): ALWAYS}
    for row in rows:
        (
            rule_id, unit_id, exclusive_id, scheme, category, role, party_id, party_kind,
            asset_kind, asset_name, tolerance_m, mode, calendar, shift, weekdays, day_kinds,
            valid_from, valid_to, priority, tree, handling, reports_to_id, reports_to_kind,
        ) = row  # fmt: skip
        time = calendar, shift, tuple(weekdays), tuple(day_kinds), valid_from, valid_to
        when = whens.get(time)
        if when is None:
            named = None if shift is None else (calendar, shift)
            when = When(named, frozenset(weekdays), frozenset(day_kinds), valid_from, valid_to)
            whens[time] = when
        yield ResponsibilityRule(
            rule_id, unit_id, exclusive_id, scheme, category, role,
            None if party_id is None else parties[party_id],
            party_kind, asset_kind, asset_name, tolerance_m, mode, when, priority, tree, handling,
            None if reports_to_id is None else parties[reports_to_id],
            reports_to_kind,
        )  # fmt: skip


ByScope = tuple[
    dict[int, list[ResponsibilityRule]],
    dict[int, list[ResponsibilityRule]],
    list[ResponsibilityRule],
]
"""Rules by the id of their unit, by that of their exclusive grid, and those of assets."""


def by_scope(rules: Iterable[ResponsibilityRule]) -> ByScope:
    """Return rules by their scope, in the order given; as a `RuleSet` takes them."""
    of_unit: dict[int, list[ResponsibilityRule]] = {}
    of_exclusive: dict[int, list[ResponsibilityRule]] = {}
    of_asset: list[ResponsibilityRule] = []
    for rule in rules:
        if rule.scope_unit_id is not None:
            of_unit.setdefault(rule.scope_unit_id, []).append(rule)
        elif rule.scope_exclusive_id is not None:
            of_exclusive.setdefault(rule.scope_exclusive_id, []).append(rule)
        else:
            of_asset.append(rule)
    return of_unit, of_exclusive, of_asset


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


def calendar_of(row: Row) -> ShiftCalendar:
    """Return a shift calendar from a row of `shifts_of_set.sql`."""
    code, name, shifts = row
    return ShiftCalendar(
        code,
        name,
        tuple(
            Shift(shift["name"], frozenset(shift["weekdays"]), shift["starts"], shift["ends"])
            for shift in shifts
        ),
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
