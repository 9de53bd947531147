"""`gridgeo plan problems`, `balance`, `impact`, `diff`: looking before publishing."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from psycopg import Connection

from gridgeo.cli import plan_tables as tables
from gridgeo.cli.plan_common import AsJson, PlanId, dump, reading
from gridgeo.errors import BadInput
from gridgeo.events.foresight import foresight
from gridgeo.geometry.crs import Planar
from gridgeo.parties.books import Books
from gridgeo.plans import store
from gridgeo.plans.balance import Listing, Scope, balance
from gridgeo.plans.diff import changed_units, page
from gridgeo.plans.diff_forms import as_csv, as_document
from gridgeo.plans.impact import impact
from gridgeo.plans.named_sides import named_side, plan_side
from gridgeo.plans.problems import as_features, find
from gridgeo.plans.review_answers import balance_answer, impact_answer, problems_answer
from gridgeo.plans.sides import Side
from gridgeo.units.store import read_profile, resolve_version

app = typer.Typer()


@app.command()
def problems(
    plan_id: PlanId,
    geojson: Annotated[
        Path | None, typer.Option(help="Write the problems as points to this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what stands against publishing a plan; exits 1 when there is an error.

    Example: `gridgeo plan problems 1`
    """
    with reading() as conn:
        plan = store.get_plan(conn, plan_id)
        findings = find(conn, store.map_of(conn, plan))
        answer = problems_answer(plan, resolve_version(conn).version, findings, len(findings))
    if geojson is not None:
        text = json.dumps(as_features(findings), ensure_ascii=False)
        geojson.write_text(text, encoding="utf-8")
    if as_json:
        dump(answer)
    else:
        tables.show_problems(answer)
    raise typer.Exit(1 if answer.errors else 0)


@app.command("balance")
def balance_(
    plan_id: PlanId,
    level: Annotated[str | None, typer.Option(help="Only this level.")] = None,
    city: Annotated[
        bool, typer.Option("--city", help="List all amber and red units, not only the plan's.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most units listed.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Hold the map as a plan has it against the sizes that the profile asks for.

    Example: `gridgeo plan balance 1 --level micro_grid`
    """
    scope: Scope = "city" if city else "plan"
    with reading() as conn:
        plan = store.get_plan(conn, plan_id)
        so_far = store.map_of(conn, plan)
        found = balance(conn, so_far, level, Listing(scope, None, limit + 1))
        answer = balance_answer(plan, resolve_version(conn).version, found, limit)
    if as_json:
        dump(answer)
    else:
        tables.show_balance(answer)


@app.command("impact")
def impact_(plan_id: PlanId, as_json: AsJson = False) -> None:
    """Foresee who and what moves when a plan is published. Example: `gridgeo plan impact 1`."""
    with reading() as conn:
        plan = store.get_plan(conn, plan_id)
        so_far = store.map_of(conn, plan)
        found = impact(conn, so_far, foresight(Books()))
        answer = impact_answer(plan, resolve_version(conn).version, found)
    if as_json:
        dump(answer)
    else:
        tables.show_impact(answer)


@app.command()
def diff(
    plan_id: Annotated[
        int | None, typer.Argument(help="A plan; leave it out to compare --from and --to.")
    ] = None,
    before: Annotated[
        str | None,
        typer.Option("--from", help="A version such as 3, or a plan such as plan:7 [its base]."),
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="The same, instead of a plan.")] = None,
    level: Annotated[str | None, typer.Option(help="Only units of this level.")] = None,
    form: Annotated[str, typer.Option(help="text, json, geojson or csv.")] = "text",
    out: Annotated[Path | None, typer.Option("-o", "--out", help="File to write to.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="Most units.")] = 100_000,
) -> None:
    """List what a plan changes, or what differs between two versions or plans.

    Example: `gridgeo plan diff 1`, or `gridgeo plan diff --from 1 --to 2 --form csv -o diff.csv`
    """
    if form not in ("text", "json", "geojson", "csv"):
        raise BadInput("--form is text, json, geojson or csv.", key="form", value=form)
    with reading() as conn:
        first, second = _sides(conn, plan_id, before, to)
        profile = read_profile(conn)
        changed = changed_units(conn, first, second)
        if level is not None:
            profile.level(level)
            changed = [row for row in changed if row.unit.level == level]
        found = page(conn, first, second, changed, Planar(profile.planar_srid), None, limit)
    if form == "text":
        tables.show_diff(found, changed)
        return
    said = {"plan_id": plan_id, "base_version": first.version, "against": to or before}
    document = as_csv(found) if form == "csv" else _dumped(as_document(found, changed, form, said))
    if out is None:
        typer.echo(document)
    else:
        out.write_text(document, encoding="utf-8")


def _sides(
    conn: Connection[Any], plan_id: int | None, before: str | None, to: str | None
) -> tuple[Side, Side]:
    if (plan_id is None) == (to is None) or (plan_id is None and before is None):
        raise BadInput("Give a plan, or --from and --to.", key="to")
    if plan_id is None:
        return named_side(conn, before or ""), named_side(conn, to or "")
    plan = store.get_plan(conn, plan_id)
    first = Side(plan.base_version) if before is None else named_side(conn, before)
    return first, plan_side(conn, plan)


def _dumped(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False)
