"""`gridgeo load`: boundaries, tables and redraws from files, all or nothing."""

import io
import sys
from collections.abc import Mapping
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from gridgeo.cli import load_options as may
from gridgeo.cli.load_plan import run_as_plan
from gridgeo.cli.load_report import Format, LoadReport, write_ledger
from gridgeo.cli.loading import Request, run
from gridgeo.cli.local import Local
from gridgeo.cli.progress import Steps
from gridgeo.errors import BadInput
from gridgeo.files.tables import BUILDINGS, CONTACTS, DEVICES, DUTY_POSTS, PLACES
from gridgeo.settings import load_settings

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=may.LoadCommand)
def load(
    files: may.Files = None,
    crs: may.Crs = None,
    level: may.Levels = None,
    layer: may.Layers = None,
    code: may.CodeColumn = None,
    name: may.NameColumn = None,
    parent: may.ParentColumn = None,
    level_col: may.LevelColumn = None,
    households: may.HouseholdsColumn = None,
    column: may.AnyColumn = None,
    mapping: may.Mapping = None,
    profile: may.CityProfile = None,
    encoding: may.Encoding = None,
    parents: may.ParentsRule = "given",
    overlay: may.Overlay = None,
    as_plan: may.AsPlan = False,
    title: may.Title = None,
    document_no: may.DocumentNo = None,
    repair: may.Repair = None,
    ledger: may.Ledger = None,
    places: may.Places = None,
    buildings: may.Buildings = None,
    devices: may.Devices = None,
    duty_posts: may.DutyPosts = None,
    contacts: may.Contacts = None,
    dry_run: may.DryRun = False,
    report: may.ReportForm = "text",
    output: may.Output = None,
) -> None:
    """Load the first map, overlays, tables, or a redraw as a plan from files, all or nothing.

    Exits 0 when done, 1 when problems refuse it, 2 when a file or an option cannot be used.
    Parents that are only named are drawn as the union of their children.

    Example: `gridgeo load grids.gpkg --crs EPSG:4547 --code WGBM --name WGMC --dry-run`

    Example: `gridgeo load redraw.gpkg --as-plan --title "Split by the new road"`
    """
    named = {"code": code, "name": name, "parent": parent, "level": level_col,
             "households": households}  # fmt: skip
    tables = {PLACES: places, BUILDINGS: buildings, DEVICES: devices, DUTY_POSTS: duty_posts,
              CONTACTS: contacts}  # fmt: skip
    try:
        request = Request(
            files=files or (),
            tables=[(kind, path) for kind, path in tables.items() if path is not None],
            named={**_given(named), **may.parse_columns(column or ())},
            mapping=mapping,
            profile=profile,
            levels=level or (),
            layers=layer or (),
            crs=crs,
            encoding=encoding,
            overlay=overlay,
            parents=parents,
            limits=None if repair is None else may.parse_limits(repair),
            dry_run=dry_run,
        )
        if as_plan:
            done = _run_as_plan(request, title, document_no)
        elif title is None and document_no is None:
            done = _run(request)
        else:
            raise BadInput("--title and --document-no are those of a plan: say --as-plan too.")
    except BadInput as error:
        text = Text.assemble(("error ", "bold red"), (f"{error.code}: ", "bold"), error.detail)
        Console(stderr=True, soft_wrap=True).print(text)
        raise typer.Exit(2) from None
    _tell(done, report, output, ledger)
    raise typer.Exit(1 if done.problems else 0)


def _given(options: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in options.items() if value is not None}


def _run(request: Request) -> LoadReport:
    settings = load_settings()
    owner = Local.need(settings.local_file).dsn.owner
    with Steps() as step:
        return run(request, owner, settings.data_dir, step)


def _run_as_plan(request: Request, title: str | None, document_no: str | None) -> LoadReport:
    owner = Local.need(load_settings().local_file).dsn.owner
    with Steps() as step:
        return run_as_plan(request, title, document_no, owner, step)


def _tell(done: LoadReport, form: Format, output: Path | None, ledger: Path | None) -> None:
    text = io.StringIO()
    done.write(form, text)
    if output is None:
        sys.stdout.write(text.getvalue())
    else:
        output.write_text(text.getvalue(), encoding="utf-8")
    if ledger is not None and done.ledger is not None:
        write_ledger(ledger, done.ledger)
