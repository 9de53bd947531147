"""What `gridgeo rules` prints: tables for people, JSON for programs."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import typer
from psycopg import Connection
from rich.console import Console
from rich.table import Table

from gridgeo.cli.rules_source import as_row
from gridgeo.dispatch.acceptance import Outcome, told_of
from gridgeo.dispatch.coverage_report import Coverage
from gridgeo.dispatch.model import Around, Assignment
from gridgeo.locate.model import Placement
from gridgeo.parties.files.difference import Difference
from gridgeo.parties.files.document import POSTS, RULES, SHAPE, RuleDocument
from gridgeo.parties.files.tables import Fault
from gridgeo.parties.load import known_city
from gridgeo.parties.model import ResponsibilityRule, RuleSet

SHOWN = 50

Rows = list[dict[str, str]]


def _console() -> Console:
    return Console(soft_wrap=True, highlight=False, markup=False)


def _json(document: object) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))


def sums(document: RuleDocument) -> str:
    """Return how many rows each table has, in words."""
    return ", ".join(f"{len(document.rows[table])} {table}" for table in SHAPE)


# --- show ----------------------------------------------------------------------------------------


def rules_of(conn: Connection[Any], document: RuleDocument, unit: str | None) -> Rows:
    """Return the rules that bear on a unit as rows, those of the units above it too.

    Without a unit those of exclusive grids and assets as well. Raises `NotFound`.
    """
    rows = [dict(row.cells) for row in document.rows[RULES]]
    if unit is None:
        return rows
    chain = list(known_city(conn).climb_known(unit))
    return [row for row in rows if row.get("unit") in chain]


def show(
    made: Mapping[str, Any], document: RuleDocument, rows: Rows, zone: tzinfo, as_json: bool
) -> None:
    """Show a rule set."""
    since = made["valid_from"].astimezone(zone)
    if as_json:
        _json(
            {
                "rule_set": made["rule_set"],
                "valid_from": since.isoformat(),
                "actor": made["actor"],
                "note": made["note"],
                "rows": {table: len(document.rows[table]) for table in SHAPE},
                "rules": [{k: c for k, c in row.items() if c} for row in rows],
            }
        )
        return
    console = _console()
    console.print(f"rule set {made['rule_set']} since {since:%Y-%m-%d %H:%M:%S} by {made['actor']}")
    console.print(f"{made['note']}\n{sums(document)}".strip())
    _print_rows(console, rows)


def _print_rows(console: Console, rows: Rows) -> None:
    columns = [column for column in SHAPE[RULES] if any(row.get(column) for row in rows)]
    table = Table(*columns)
    for row in rows[:SHOWN]:
        table.add_row(*(row.get(column, "") for column in columns))
    console.print(table)
    if len(rows) > SHOWN:
        console.print(f"... and {len(rows) - SHOWN} more; --json has them all")


# --- check, load, diff ---------------------------------------------------------------------------


def faults(found: Sequence[Fault], as_json: bool) -> None:
    """Tell what is wrong, each at its place."""
    errors = sum(fault.severity == "error" for fault in found)
    if as_json:
        problems = [as_row(fault) for fault in found]
        _json({"errors": errors, "warnings": len(found) - errors, "problems": problems})
        return
    console = _console()
    _print_faults(console, found)
    console.print(f"{errors} error(s), {len(found) - errors} warning(s)")


def _print_faults(console: Console, found: Sequence[Fault]) -> None:
    for fault in found[:SHOWN]:
        console.print(f"{fault.severity} {fault.kind}: {fault}")
    if len(found) > SHOWN:
        console.print(f"... and {len(found) - SHOWN} more; --json has them all")


def loaded(
    number: int | None,
    found: Sequence[Fault],
    changed: Sequence[Difference],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Tell what a load did or would do, or why it did nothing."""
    outcome = "refused" if number is None else "checked" if dry_run else "loaded"
    if as_json:
        _json(
            {
                "outcome": outcome,
                "rule_set": None if dry_run else number,
                "problems": [as_row(fault) for fault in found],
                "changes": [
                    {"table": one.table, "gone": len(one.gone), "come": len(one.come)}
                    for one in changed
                ],
            }
        )
        return
    console = _console()
    _print_faults(console, found)
    if number is None:
        console.print("refused: nothing was changed")
        return
    _print_changes(console, changed)
    done = "dry run, so nothing was changed" if dry_run else f"live as rule set {number}"
    console.print(done)


def _print_changes(console: Console, changed: Sequence[Difference]) -> None:
    for one in changed:
        parties = " (a party that is left out stays)" if one.table in ("parties", POSTS) else ""
        console.print(f"{one.table}: {len(one.gone)} gone, {len(one.come)} come{parties}")
    if not changed:
        console.print("nothing differs from what is live")


def difference(found: Sequence[Difference], as_json: bool) -> None:
    """Tell what two rule sets say differently."""
    if as_json:
        _json(
            {one.table: {"gone": one.told(one.gone), "come": one.told(one.come)} for one in found}
        )
        return
    console = _console()
    for one in found:
        console.print(one.table)
        for sign, rows in (("-", one.told(one.gone)), ("+", one.told(one.come))):
            for row in rows[:SHOWN]:
                console.print(f"  {sign} " + ", ".join(f"{k}: {c}" for k, c in row.items()))
            if len(rows) > SHOWN:
                console.print(f"  {sign} ... and {len(rows) - SHOWN} more; --json has them all")
    if not found:
        console.print("no difference")


# --- test, explain -------------------------------------------------------------------------------


def outcomes(done: Sequence[Outcome], rules: RuleSet, as_json: bool) -> None:
    """Tell which cases failed, what was answered instead, and by which way."""
    failed = [outcome for outcome in done if not outcome.passed]
    if as_json:
        _json(
            {
                "rule_set": rules.rule_set,
                "cases": len(done),
                "failed": [_outcome_row(outcome, rules) for outcome in failed],
            }
        )
        return
    console = _console()
    table = Table("case", "where it stands", "expected", "answered")
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
        _json(
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
    console = _console()
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
    table = Table("scope", "step", "rule", "says", "outcome")
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
        _json(found.document())
        return
    console = _console()
    leaves, classes = int(found.leaves.sum()), len(found.classes)
    console.print(
        f"rule set {found.rule_set}, week of {found.monday}: {found.total:.2%} of {leaves} leaves "
        f"x {classes} classes x {len(found.hours)} hours have a named owner"
    )
    table = Table(found.level, "name", "leaves", "named")
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
