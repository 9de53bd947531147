"""`gridgeo plan new`, `list`, `show`, `edit`, `undo`, `redo`: drawing a plan."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from psycopg import Connection

from gridgeo.cli import plan_tables as tables
from gridgeo.cli.plan_common import ACTOR, AsJson, PlanId, Seen, dump, reading, say, writing
from gridgeo.errors import BadInput
from gridgeo.plans import api, refusing, store
from gridgeo.plans.problems import find

app = typer.Typer()

STATES = ("draft", "submitted", "approved", "published", "withdrawn")


@app.command()
def new(
    title: Annotated[str, typer.Argument(help="What it is about.")],
    document_no: Annotated[str | None, typer.Option(help="On which document.")] = None,
) -> None:
    """Open a draft on the live map and print its number.

    Example: `gridgeo plan new "Split by the new road" --document-no "2026-17"`
    """
    with writing() as conn:
        typer.echo(store.create_plan(conn, title, document_no, ACTOR).plan_id)


@app.command("list")
def list_(
    state: Annotated[str | None, typer.Option(help=f"One of: {', '.join(STATES)}.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most rows.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List plans, newest first. Example: `gridgeo plan list --state draft`."""
    if state is not None and state not in STATES:
        raise BadInput(f"The states are {', '.join(STATES)}.", key="state", value=state)
    with reading() as conn:
        rows = [api.plan_answer(plan) for plan in store.list_plans(conn, state, None, limit)]
    if as_json:
        typer.echo(json.dumps([row.model_dump(mode="json") for row in rows], ensure_ascii=False))
    else:
        tables.show_plans(rows)


@app.command()
def show(plan_id: PlanId, as_json: AsJson = False) -> None:
    """Show a plan with its edits and its history. Example: `gridgeo plan show 1`."""
    with reading() as conn:
        found = api.plan(conn, plan_id)
    if as_json:
        dump(found)
    else:
        tables.show_plan(found)


@app.command()
def edit(
    plan_id: PlanId,
    form: Annotated[
        Path | None, typer.Argument(help="JSON file with an edit or a list of them; - reads stdin.")
    ] = None,
    mend: Annotated[
        int | None, typer.Option(min=1, help="Take the mend of this problem, by its number.")
    ] = None,
    revision: Seen = None,
) -> None:
    """Add edits to a draft, all or none: from a file, or the mend of a problem.

    Example: `gridgeo plan edit 1 split.json`, or `gridgeo plan edit 1 --mend 1`
    """
    if (form is None) == (mend is None):
        raise BadInput("Give a file with the edit, or --mend with a problem's number.", key="form")
    with writing() as conn:
        store.require_revision(store.get_plan(conn, plan_id, lock=True), revision)
        edits = _forms(form) if form is not None else [_mend(conn, plan_id, mend or 0)]
        for said in edits:
            kind = str(said.pop("kind", ""))
            changed = refusing.add_edit(conn, plan_id, kind, said, ACTOR)
    say(changed)


def _forms(file: Path) -> list[dict[str, Any]]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        found = json.loads(text)
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} cannot be read as JSON: {error}", key="form", value=file) from error
    edits = found if isinstance(found, list) else [found]
    if not edits or not all(isinstance(said, dict) for said in edits):
        raise BadInput("An edit is a JSON object with its `kind`.", key="form", value=file)
    return edits


def _mend(conn: Connection[Any], plan_id: int, number: int) -> dict[str, Any]:
    plan = store.get_plan(conn, plan_id)
    findings = find(conn, store.map_of(conn, plan))
    if number > len(findings) or findings[number - 1].mend is None:
        raise BadInput(
            f"Plan {plan_id} has no problem {number} with a mend; `gridgeo plan problems "
            f"{plan_id}` lists them.",
            key="mend",
            value=number,
        )
    return dict(findings[number - 1].mend or {})


@app.command()
def undo(plan_id: PlanId, revision: Seen = None) -> None:
    """Undo the last edit of a draft. Example: `gridgeo plan undo 1`."""
    with writing() as conn:
        say(store.undo(conn, plan_id, ACTOR, revision))


@app.command()
def redo(plan_id: PlanId, revision: Seen = None) -> None:
    """Redo the edit that was undone last. Example: `gridgeo plan redo 1`."""
    with writing() as conn:
        say(store.redo(conn, plan_id, ACTOR, revision))
