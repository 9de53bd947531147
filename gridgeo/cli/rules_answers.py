"""What `gridgeo rules` prints of answers: cases, explanations, coverage."""

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from gridgeo.cli.rules_report import SHOWN, plain_console, print_json
from gridgeo.cli.tables import folding_table
from gridgeo.dispatch.acceptance import Outcome, told_of
from gridgeo.dispatch.coverage_report import Coverage
from gridgeo.dispatch.model import Around, Assignment
from gridgeo.locate.model import Placement
from gridgeo.parties.model import ResponsibilityRule, RuleSet


def outcomes(done: Sequence[Outcome], rules: RuleSet, as_json: bool) -> None:
    """Tell which cases failed, what was answered instead, and by which way."""
    failed = [outcome for outcome in done if not outcome.passed]
    if as_json:
        print_json(
            {
                "rule_set": rules.rule_set,
                "cases": len(done),
                "failed": [_outcome_row(outcome, rules) for outcome in failed],
            }
        )
        return
    console = plain_console()
    table = folding_table("case", "where it stands", "expected", "answered")
    for outcome in failed:
        row = outcome.case.row
        wanted = "\n".join(f"{key.removeprefix('expect_')}: {x}" for key, x, _ in outcome.missed)
        got = "\n".join(f"{key.removeprefix('expect_')}: {x}" for key, _, x in outcome.missed)
        table.add_row(outcome.case.name, f"{row.file}:{row.line}", wanted, got)
    if failed:
        console.print(table)
    for outcome in failed:
        if outcome.assignment is not None:
            console.print(f"why {outcome.case.name!r}:")
            _print_trace(console, outcome.assignment, rules)
    console.print(f"{len(done) - len(failed)} of {len(done)} cases pass")


def _outcome_row(outcome: Outcome, rules: RuleSet) -> dict[str, Any]:
    case, found = outcome.case, outcome.assignment
    return {
        "name": case.name,
        "file": case.row.file,
        "line": case.row.line,
        "missed": [
            {"expectation": key, "expected": wanted, "found": got}
            for key, wanted, got in outcome.missed
        ],
        "answered": None if found is None else told_of(found),
        "trace": [] if found is None else trace_rows(found, rules),
    }


def explained(
    placement: Placement,
    found: Assignment,
    around: Around,
    instant: datetime,
    rules: RuleSet,
    as_json: bool,
) -> None:
    """Tell who answers and the whole way to it."""
    at = instant.astimezone(rules.calendars.zone)
    if as_json:
        print_json(
            {
                "at": at.isoformat(),
                "lon": placement.lon,
                "lat": placement.lat,
                "unit": placement.unit.code if placement.unit else None,
                "exclusive": [grid.code for grid in placement.exclusive],
                "modes": list(around.modes),
                "rule_set": rules.rule_set,
                "party": found.party.code,
                **{key.removeprefix("expect_"): x for key, x in told_of(found).items()},
                "trace": trace_rows(found, rules),
            }
        )
        return
    console = plain_console()
    where = placement.unit.code if placement.unit else "outside the city"
    grids = "".join(f", exclusive grid {grid.code}" for grid in placement.exclusive)
    console.print(f"{placement.lon:.7f}, {placement.lat:.7f}: {where}{grids}")
    console.print(f"at {at:%Y-%m-%d %H:%M} by rule set {rules.rule_set}")
    console.print(f"modes on: {', '.join(around.modes) or 'none'}")
    for key, value in told_of(found).items():
        console.print(f"{key.removeprefix('expect_'):>13}: {value}")
    _print_trace(console, found, rules)


def trace_rows(found: Assignment, rules: RuleSet) -> list[dict[str, Any]]:
    """Return every rule considered, in the order of decision: where, what it says, why it lost."""
    by_id = {rule.rule_id: rule for rule in rules.rules()}
    return [
        {
            "scope": step.scope,
            "step": step.reason,
            "mode": step.mode,
            "rule": rule_id,
            "says": _said(by_id[rule_id]),
            "outcome": outcome,
        }
        for step in found.trace
        for rule_id, outcome in (
            *((lost.rule_id, lost.why) for lost in step.lost),
            *([] if step.rule_id is None else [(step.rule_id, "decides")]),
        )
    ]


def _said(rule: ResponsibilityRule) -> str:
    party = rule.party.code if rule.party else f"kind {rule.party_kind}"
    matter = "all matters" if rule.category is None else f"{rule.category_scheme} {rule.category}"
    role = "" if rule.role == "lead" else f", {rule.role}"
    return f"{party} for {matter}{role}"


def _print_trace(console: Console, found: Assignment, rules: RuleSet) -> None:
    rows = [row for row in trace_rows(found, rules) if row["outcome"] != "other_matter"]
    hidden = len(trace_rows(found, rules)) - len(rows)
    table = folding_table("scope", "step", "rule", "says", "outcome")
    for row in rows:
        table.add_row(row["scope"], row["step"], str(row["rule"]), row["says"], row["outcome"])
    console.print(table)
    if hidden:
        console.print(f"{hidden} rule(s) speak of other matters; --json lists them")


# --- coverage ------------------------------------------------------------------------------------


def coverage(found: Coverage, file: Path | None, as_json: bool) -> None:
    """Tell the shares; with a file also every unit and class as CSV."""
    if file is not None:
        _write_coverage(found, file)
    if as_json:
        print_json(found.document())
        return
    console = plain_console()
    leaves, classes = int(found.leaves.sum()), len(found.classes)
    console.print(
        f"rule set {found.rule_set}, week of {found.monday}: {found.total:.2%} of {leaves} leaves "
        f"x {classes} classes x {len(found.hours)} hours have a named owner"
    )
    table = folding_table(found.level, "name", "leaves", "named")
    for (code, name, count), share in zip(found.units, found.by_unit.tolist(), strict=True):
        table.add_row(code, name, str(count), f"{share:.2%}")
    console.print(table)
    bare = [
        (code, share)
        for code, share in zip(found.classes, found.by_class.tolist(), strict=True)
        if share < 1.0
    ]
    for code, share in sorted(bare, key=lambda pair: pair[1])[:SHOWN]:
        console.print(f"{code}: {share:.2%}")
    console.print(f"{classes - len(bare)} of {classes} classes are owned everywhere at every hour")


def _write_coverage(found: Coverage, file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow((found.level, "name", "leaves", "scheme", "category", "named"))
        for (code, name, leaves), shares in zip(found.units, found.shares.tolist(), strict=True):
            for category, share in zip(found.classes, shares, strict=True):
                rows.writerow((code, name, leaves, found.scheme, category, f"{share:.6f}"))
