"""What `gridgeo rules` prints of rule sets: tables for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

import typer
from psycopg import Connection
from rich.console import Console

from gridgeo.cli.rules_source import as_row
from gridgeo.cli.tables import folding_table
from gridgeo.parties.files.difference import Difference
from gridgeo.parties.files.document import POSTS, RULES, SHAPE, RuleDocument
from gridgeo.parties.files.tables import Fault
from gridgeo.parties.load import known_city

SHOWN = 50

Rows = list[dict[str, str]]


def plain_console() -> Console:
    """Return a console that folds no line and reads no markup."""
    return Console(soft_wrap=True, highlight=False, markup=False)


def print_json(document: object) -> None:
    """Print a document for programs."""
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
        print_json(
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
    console = plain_console()
    console.print(f"rule set {made['rule_set']} since {since:%Y-%m-%d %H:%M:%S} by {made['actor']}")
    console.print(f"{made['note']}\n{sums(document)}".strip())
    _print_rows(console, rows)


def _print_rows(console: Console, rows: Rows) -> None:
    columns = [column for column in SHAPE[RULES] if any(row.get(column) for row in rows)]
    table = folding_table(*columns)
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
        print_json({"errors": errors, "warnings": len(found) - errors, "problems": problems})
        return
    console = plain_console()
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
        print_json(
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
    console = plain_console()
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
        print_json(
            {one.table: {"gone": one.told(one.gone), "come": one.told(one.come)} for one in found}
        )
        return
    console = plain_console()
    for one in found:
        console.print(one.table)
        for sign, rows in (("-", one.told(one.gone)), ("+", one.told(one.come))):
            for row in rows[:SHOWN]:
                console.print(f"  {sign} " + ", ".join(f"{k}: {c}" for k, c in row.items()))
            if len(rows) > SHOWN:
                console.print(f"  {sign} ... and {len(rows) - SHOWN} more; --json has them all")
    if not found:
        console.print("no difference")
