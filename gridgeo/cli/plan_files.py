"""`gridgeo plan export`, `report`: a plan as files."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from psycopg import Connection

from gridgeo.cli.export import as_rows, plain_crs, stamped, top_column
from gridgeo.cli.plan_common import PlanId, reading
from gridgeo.errors import BadInput
from gridgeo.events.foresight import foresight
from gridgeo.files.target import Target
from gridgeo.files.unit_table import write_units
from gridgeo.geometry.crs import Planar
from gridgeo.parties.books import Books
from gridgeo.plans import store
from gridgeo.plans.balance import balance
from gridgeo.plans.diff import changed_units, page
from gridgeo.plans.impact import impact
from gridgeo.plans.model import PlanMap
from gridgeo.plans.problems import find
from gridgeo.plans.report import MOST_ROWS, Review, as_html, as_markdown
from gridgeo.plans.sides import Side
from gridgeo.units.model import Unit
from gridgeo.units.store import resolve_version

app = typer.Typer()


@app.command()
def export(
    plan_id: PlanId,
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help=".gpkg, .shp, .shp.zip, .fgb, .parquet or .geojson."),
    ],
    crs: Annotated[
        str, typer.Option(help="EPSG:4326, EPSG:4490, EPSG:4547 ..., gcj02 or bd09.")
    ] = "EPSG:4326",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it exists.")
    ] = False,
) -> None:
    """Write the leaves that a plan changes, as it leaves them; `gridgeo load --as-plan` takes them.

    The whole map as a plan would make it is `gridgeo export FILE --plan ID`.

    Example: `gridgeo plan export 1 -o plan.gpkg`
    """
    target = Target(out, plain_crs(crs), precision=None, overwrite=overwrite)
    target.check()
    with reading() as conn:
        plan = store.get_plan(conn, plan_id)
        so_far = store.map_of(conn, plan)
        leaves = [unit for unit in so_far.done.units.new.values() if unit.is_leaf]
        if not leaves:
            raise BadInput(f"Plan {plan_id} changes no leaf: there is nothing to write.",
                           key="plan_id", value=plan_id)  # fmt: skip
        rows = as_rows(_with_chains(leaves, so_far), leaves, so_far.profile)
        count = write_units(
            stamped(target, plan.base_version, plan_id), rows, top_column(so_far.profile)
        )
    typer.echo(f"{out}: {count} leaves of plan {plan_id} on map version {plan.base_version}")


@app.command()
def report(
    plan_id: PlanId,
    out: Annotated[Path, typer.Option("-o", "--out", help="File: .html, with a map, or .md.")],
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
) -> None:
    """Write a plan on paper: map, changes, problems, balance, impact.

    Example: `gridgeo plan report 1 -o plan-1.html --lang zh`
    """
    form = {".html": as_html, ".md": as_markdown}.get(out.suffix.lower())
    if form is None:
        raise BadInput("A report is .html or .md.", key="out", value=out)
    if lang not in ("en", "zh"):
        raise BadInput("--lang is en or zh.", key="lang", value=lang)
    with reading() as conn:
        review = _review(conn, plan_id)
    out.write_text(form(review, "zh" if lang == "zh" else "en"), encoding="utf-8")
    typer.echo(f"{out}: plan {plan_id} at revision {review.plan.revision}")


def _review(conn: Connection[Any], plan_id: int) -> Review:
    plan = store.get_plan(conn, plan_id)
    so_far = store.map_of(conn, plan)
    before, after = Side(plan.base_version), Side(plan.base_version, so_far.done)
    changed = changed_units(conn, before, after)
    planar = Planar(so_far.profile.planar_srid)
    return Review(
        plan=plan,
        live_version=resolve_version(conn).version,
        profile=so_far.profile,
        page=page(conn, before, after, changed, planar, None, MOST_ROWS),
        findings=find(conn, so_far),
        levels=balance(conn, so_far),
        impact=impact(conn, so_far, foresight(Books())),
    )


def _with_chains(leaves: Iterable[Unit], so_far: PlanMap) -> dict[str, Unit]:
    """Return leaves and all units above them, by code."""
    units = {unit.code: unit for unit in leaves}
    missing = {unit.parent_code for unit in units.values()} - set(units)
    while wanted := {code for code in missing if code is not None}:
        found = so_far.family(wanted)
        units |= {code: found[code] for code in wanted}
        missing = {units[code].parent_code for code in wanted} - set(units)
    return units
