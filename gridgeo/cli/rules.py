"""`gridgeo rules`: read, check, change, test and explain who answers for what."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from psycopg import Connection
from rich.console import Console
from rich.text import Text

from gridgeo.cli import rules_answers as answers
from gridgeo.cli import rules_report as report
from gridgeo.cli.local import Local
from gridgeo.cli.rules_source import ACTOR, LIVE, checked, desk_of, source_of
from gridgeo.dispatch.acceptance import read_cases, run_cases
from gridgeo.dispatch.batch import DEFAULT_SCHEME
from gridgeo.dispatch.coverage_report import Coverage, cover
from gridgeo.dispatch.places import point_in_unit
from gridgeo.errors import BadInput
from gridgeo.parties.files.difference import differences
from gridgeo.parties.files.writing import document_tables, write_document
from gridgeo.parties.load import (
    document_of_set,
    list_rule_sets,
    load_document,
    lock_rules,
    with_rows,
)
from gridgeo.parties.store import city_zone, require_category, rule_set_at
from gridgeo.settings import load_settings
from gridgeo.units.store import parse_instant

app = typer.Typer(
    help="Read, check, change, test and explain who answers for what.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
At = Annotated[str | None, typer.Option(help="An instant (ISO 8601); now without.")]
Document = Annotated[
    Path | None, typer.Option("--rules", help="A rule document instead of what is live.")
]


@app.command()
def show(
    at: At = None,
    unit: Annotated[str | None, typer.Option(help="Only rules that bear on this unit.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the rule set of an instant: who made it when, what it holds, the rules of a unit.

    Example: `gridgeo rules show --unit 410103008008`
    """
    with _reading() as conn:
        number, _ = rule_set_at(conn, _instant(at))
        [made] = list_rule_sets(conn, 1, number)
        zone = city_zone(conn)
        document = with_rows(document_of_set(conn, number), zone, f"rule set {number}")
        rows = report.rules_of(conn, document, unit)
    report.show(made, document, rows, zone, as_json)


@app.command()
def check(
    document: Annotated[
        Path | None, typer.Argument(help="A folder of CSV tables or a .yaml file.")
    ] = None,
    strict: Annotated[bool, typer.Option(help="Count warnings as errors.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a rule document, or without one the live rules; nothing is changed.

    Exits 0 when sound, 1 on errors, 2 when it cannot be read.

    Example: `gridgeo rules check city-rules/`
    """
    with _usable(), _reading() as conn:
        found = checked(conn, document)
    report.faults(found.faults, as_json)
    raise typer.Exit(1 if found.errors or (strict and found.faults) else 0)


@app.command()
def load(
    document: Annotated[Path, typer.Argument(help="A folder of CSV tables or a .yaml file.")],
    note: Annotated[str, typer.Option(help="Why; kept with the rule set.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Everything but the commit.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a rule document the live rule set, all or nothing; tables it leaves out stay.

    Exits 0 when done, 1 when errors refuse it, 2 when it cannot be read.

    Example: `gridgeo rules load city-rules/ --note "order 12 of 2026" --dry-run`
    """
    with _usable(), _writing() as conn, conn.transaction(force_rollback=dry_run):
        lock_rules(conn)
        found = checked(conn, document)
        number = None
        if not found.errors:
            number = load_document(conn, found.document, found.live, ACTOR, note)
    changed = differences(
        *(
            document_tables(one.changes, one.posts, found.zone)
            for one in (found.live, found.document)
        )
    )
    report.loaded(number, found.faults, changed, dry_run=dry_run, as_json=as_json)
    raise typer.Exit(1 if number is None else 0)


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="A new folder, or a file that ends in .yaml.")],
    rule_set: Annotated[
        int | None, typer.Option("--set", min=1, help="Number of a rule set; the live one without.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace what is there.")] = False,
) -> None:
    """Write a rule set as a document; loading it again changes nothing.

    Example: `gridgeo rules export city-rules/`
    """
    if out.exists() and not overwrite:
        raise BadInput(f"{out} exists; say --overwrite.", key="out", value=out)
    with _reading() as conn:
        zone = city_zone(conn)
        document = with_rows(source_of(conn, LIVE if rule_set is None else str(rule_set)), zone)
        write_document(out, document, zone)
    typer.echo(f"{out}: {report.sums(document)}")


@app.command()
def test(
    cases: Annotated[Path, typer.Argument(help="cases.yaml, or a folder with cases.csv.")],
    rules: Document = None,
    as_json: AsJson = False,
) -> None:
    """Ask acceptance cases, and tell what was answered otherwise and why.

    Exits 0 when all pass, 1 when one fails, 2 when the table cannot be used.

    Example: `gridgeo rules test data/rules/cases.yaml`
    """
    with _usable(), _trying() as conn:
        asked, faults = read_cases(cases, city_zone(conn))
        if faults:
            report.faults(faults, as_json)
            raise typer.Exit(2)
        with desk_of(conn, rules, datetime.now(UTC)) as desk:
            outcomes = list(run_cases(asked, desk))
            answers.outcomes(outcomes, desk.rules, as_json)
    raise typer.Exit(0 if all(outcome.passed for outcome in outcomes) else 1)


@app.command()
def explain(
    lon: Annotated[float | None, typer.Option(help="Degrees, EPSG:4326.")] = None,
    lat: Annotated[float | None, typer.Option(help="Degrees, EPSG:4326.")] = None,
    unit: Annotated[str | None, typer.Option(help="A unit instead of a point.")] = None,
    category: Annotated[str | None, typer.Option(help="Class of the matter.")] = None,
    scheme: Annotated[str, typer.Option(help="Scheme of the class.")] = DEFAULT_SCHEME,
    at: At = None,
    mode: Annotated[str | None, typer.Option(help="As if just this mode were on.")] = None,
    rules: Document = None,
    as_json: AsJson = False,
) -> None:
    """Say who answers, by which rule, and why every other rule lost.

    Example: `gridgeo rules explain --unit 410103008008 --category 06010 --mode emergency`
    """
    if (lon is None) != (lat is None) or (lon is None) == (unit is None):
        raise BadInput("Say --lon and --lat, or --unit.", key="lon")
    with _trying() as conn:
        if category is not None:
            require_category(conn, scheme, category)
        with desk_of(conn, rules, _instant(at)) as desk:
            if unit is not None:
                lon, lat = point_in_unit(desk.city, unit)
            assert lon is not None and lat is not None
            placement = desk.city.place(lon, lat)
            found, around, instant = desk.explained(placement, category, scheme, mode)
            answers.explained(placement, found, around, instant, desk.rules, as_json)


@app.command()
def coverage(
    week: Annotated[
        str | None, typer.Option(help="A day of the week that is asked; this week without.")
    ] = None,
    level: Annotated[str, typer.Option(help="Level of the units that are listed.")] = "district",
    scheme: Annotated[str, typer.Option(help="Scheme of the classes.")] = DEFAULT_SCHEME,
    csv: Annotated[
        Path | None, typer.Option(help="Write every unit and class to this CSV file.")
    ] = None,
    rules: Document = None,
    as_json: AsJson = False,
) -> None:
    """Measure which share of leaf, class and hour has a named owner, not the fallback.

    Example: `gridgeo rules coverage --csv coverage.csv`
    """
    with _trying() as conn, desk_of(conn, rules, datetime.now(UTC)) as desk:
        found: Coverage = cover(desk, scheme, level, week)
    answers.coverage(found, csv, as_json)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help='A set number, a document, or "live".')],
    after: Annotated[str, typer.Argument(help="The same.")] = LIVE,
    as_json: AsJson = False,
) -> None:
    """Tell what one rule set says and another does not. Exits 1 when they differ.

    Example: `gridgeo rules diff live city-rules/`
    """
    with _usable(), _reading() as conn:
        zone = city_zone(conn)
        tables = [
            document_tables(document.changes, document.posts, zone)
            for document in (source_of(conn, before), source_of(conn, after))
        ]
    found = differences(*tables)
    report.difference(found, as_json)
    raise typer.Exit(1 if found else 0)


def _instant(at: str | None) -> datetime:
    return datetime.now(UTC) if at is None else parse_instant(at)


@contextmanager
def _usable() -> Iterator[None]:
    """Exit with 2 when a file cannot be used."""
    try:
        yield
    except BadInput as error:
        text = Text.assemble(("error ", "bold red"), (f"{error.code}: ", "bold"), error.detail)
        Console(stderr=True, soft_wrap=True).print(text)
        raise typer.Exit(2) from None


@contextmanager
def _reading() -> Iterator[Connection[Any]]:
    with psycopg.connect(Local.need(load_settings().local_file).dsn.reader) as conn:
        conn.read_only = True
        yield conn


def _writing() -> Connection[Any]:
    return psycopg.connect(Local.need(load_settings().local_file).dsn.app)


_trying = _writing
"""The same account, where a document is loaded only to be asked and then taken back."""
