"""`gridgeo check`: is the live map whole? Safe on a running city."""

import json
from collections import Counter
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from gridgeo.cli.local import Local
from gridgeo.cli.progress import Steps
from gridgeo.settings import load_settings
from gridgeo.units import store
from gridgeo.units.model import as_problem_rows, check_city

app = typer.Typer()


@app.command()
def check(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    at: Annotated[str | None, typer.Option(help="A past version or instant.")] = None,
) -> None:
    """Check the map: coverage of the leaves, nesting of every level, codes. Exits 1 on problems.

    Example: `gridgeo check --json`
    """
    settings = load_settings()
    with Steps() as report, psycopg.connect(Local.need(settings.local_file).dsn.reader) as conn:
        report("reading the map")
        version = store.resolve_version(conn, at)
        profile = store.read_profile(conn)
        units = store.all_units(conn, version.version)
        report("checking the map")
        problems = check_city(units, profile)
        counts = store.level_counts(conn, version.version)
    kinds = dict(Counter(problem.kind for problem in problems))
    if as_json:
        document = {
            "version": version.version,
            "units": counts,
            "problems": kinds,
            "details": as_problem_rows(problems),
        }
        typer.echo(json.dumps(document, ensure_ascii=False))
    else:
        _show(version.version, counts, as_problem_rows(problems))
    raise typer.Exit(1 if problems else 0)


def _show(version: int, counts: dict[str, int], problems: list[dict[str, object]]) -> None:
    console = Console()
    units = ", ".join(f"{count} {level}" for level, count in counts.items())
    console.print(f"map version {version}: {units}")
    if not problems:
        console.print("[green]no gap, no overlap, no unmatched edge; every unit is its children[/]")
        return
    table = Table("kind", "units", "lon", "lat", "what")
    for row in problems[:50]:
        table.add_row(*(str(row[key]) for key in ("kind", "codes", "lon", "lat", "message")))
    console.print(table)
    console.print(f"[red]{len(problems)} problem(s)[/]")
