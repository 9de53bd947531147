"""`gridgeo check`: is the live map whole? Safe on a running city."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from psycopg import Connection, IsolationLevel
from rich.console import Console

from gridgeo.cli.local import Local
from gridgeo.cli.progress import Steps
from gridgeo.cli.tables import folding_table
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.problem import Problem
from gridgeo.settings import load_settings
from gridgeo.units import checking, store
from gridgeo.units.model import as_problem_rows, check_city

SHOWN = 50

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def check(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    at: Annotated[str | None, typer.Option(help="A past version or instant.")] = None,
    geojson: Annotated[
        Path | None, typer.Option(help="Write the problems as points to this file.")
    ] = None,
) -> None:
    """Check the map: leaves, every level, codes, areas, history, and the home of all on it.

    Reads one snapshot and locks nothing, so a city may be live meanwhile. Exits 1 on problems.
    What stands on the map is checked for the live version only: it has no other home.

    Example: `gridgeo check --json`
    """
    settings = load_settings()
    with Steps() as report, psycopg.connect(Local.need(settings.local_file).dsn.reader) as conn:
        conn.isolation_level, conn.read_only = IsolationLevel.REPEATABLE_READ, True
        version, counts, problems = check_map(conn, at, report)
    rows = as_problem_rows(problems)
    if geojson is not None:
        geojson.write_text(json.dumps(_features(rows), ensure_ascii=False), encoding="utf-8")
    if as_json:
        kinds = dict(Counter(problem.kind for problem in problems))
        document = {"version": version, "units": counts, "problems": kinds, "details": rows}
        typer.echo(json.dumps(document, ensure_ascii=False))
    else:
        _show(version, counts, problems)
    raise typer.Exit(1 if problems else 0)


def check_map(
    conn: Connection[Any], at: str | None, report: checking.Report
) -> tuple[int, dict[str, int], list[Problem]]:
    """Return the version that `at` names, how many units each level has, and every problem."""
    report("reading the map", None)
    version = store.resolve_version(conn, at).version
    live = store.resolve_version(conn).version
    profile = store.read_profile(conn)
    units = store.all_units(conn, version)
    report("checking leaves and levels", None)
    problems = check_city(units, profile)
    report("checking the history", None)
    root = next(unit for unit in units.values() if unit.parent_code is None)
    problems += checking.check_history(conn, version, checking.place_in(root))
    problems += checking.check_areas(conn, version, units, Planar(profile.planar_srid), report)
    if version == live:
        problems += checking.check_homes(conn, version, units, report)
    return version, store.level_counts(conn, version), problems


def _features(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Problems as a GeoJSON feature collection of points."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            "properties": {key: row[key] for key in row if key not in ("lon", "lat")},
        }
        for row in rows
    ]
    return {"type": "FeatureCollection", "features": features}


def _show(version: int, counts: dict[str, int], problems: Sequence[Problem]) -> None:
    console = Console()
    units = ", ".join(f"{count} {level}" for level, count in counts.items())
    console.print(f"map version {version}: {units}")
    if not problems:
        console.print("[green]no gap, no overlap, no unmatched edge; every unit is its children[/]")
        return
    table = folding_table("kind", "units", "lon, lat", "what")
    for problem in problems[:SHOWN]:
        place = f"{problem.lon:.7f}, {problem.lat:.7f}"
        table.add_row(problem.kind, "\n".join(problem.codes), place, problem.message)
    console.print(table)
    console.print(f"[red]{len(problems)} problem(s)[/]")
    if len(problems) > SHOWN:
        console.print(f"The first {SHOWN} are shown; --geojson FILE writes them all.")
