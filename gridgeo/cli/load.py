"""`gridgeo load`: boundaries and tables from files, all or nothing."""

import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperCommand

from gridgeo.cli.load_report import Format, LoadReport, write_ledger
from gridgeo.cli.loading import Request, run
from gridgeo.cli.local import Local
from gridgeo.cli.progress import Steps
from gridgeo.errors import BadInput
from gridgeo.files.tables import BUILDINGS, CONTACTS, DEVICES, DUTY_POSTS, PLACES, TableKind
from gridgeo.geometry.settling import Limits
from gridgeo.settings import load_settings

BARE_REPAIR = "max_gap_m=1,max_overlap_m=1"


class LoadCommand(TyperCommand):
    """A command whose `--repair` may stand without a value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give a bare `--repair` its default value."""
        following = [*args[1:], ""]
        full = [
            f"--repair={BARE_REPAIR}" if arg == "--repair" and not after.startswith("max_") else arg
            for arg, after in zip(args, following, strict=False)
        ]
        return super().parse_args(ctx, full)


app = typer.Typer(add_completion=False, rich_markup_mode=None)


def _table(kind: TableKind) -> Any:
    return typer.Option(help=f"CSV of {kind.name}: {kind.columns}.")


@app.command(cls=LoadCommand)
def load(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="GeoJSON, GeoPackage, Shapefile (.zip too), FlatGeobuf, GeoParquet."),
    ] = None,
    crs: Annotated[
        str | None, typer.Option(help="Overrides the files' CRS: EPSG:4547, gcj02, bd09 ...")
    ] = None,
    level: Annotated[
        list[str] | None, typer.Option(help="Level of the units: once, or once for each file.")
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option(help="Layer to read: once, or once for each file.")
    ] = None,
    code: Annotated[str | None, typer.Option(help="Column of the code; without it `code`.")] = None,
    name: Annotated[str | None, typer.Option(help="Column of the name; without it `name`.")] = None,
    parent: Annotated[
        str | None, typer.Option(help="Column of the parent's code; without it `parent_code`.")
    ] = None,
    level_col: Annotated[
        str | None, typer.Option(help="Column of the level; without it `level`.")
    ] = None,
    households: Annotated[
        str | None, typer.Option(help="Column of the households; without it `households`.")
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option("--map", help="Mapping file (TOML): table `columns`, tables `levels.X`."),
    ] = None,
    profile: Annotated[
        Path | None,
        typer.Option(help="City profile (TOML) of the first map; without it Zhengzhou's."),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of a Shapefile's table or a CSV; found out without it.")
    ] = None,
    parents: Annotated[
        Literal["given", "union"],
        typer.Option(help="Parents' own polygons must be their children, or give way to them."),
    ] = "given",
    overlay: Annotated[
        str | None, typer.Option(help="Load exclusive grids of this kind; they may overlap.")
    ] = None,
    repair: Annotated[
        str | None,
        typer.Option(
            metavar="max_gap_m=M,max_overlap_m=M",
            help=f"Close gaps and overlaps up to these widths; bare: {BARE_REPAIR}.",
        ),
    ] = None,
    ledger: Annotated[
        Path | None, typer.Option(help="CSV of all ground that a repair gave to another unit.")
    ] = None,
    places: Annotated[Path | None, _table(PLACES)] = None,
    buildings: Annotated[Path | None, _table(BUILDINGS)] = None,
    devices: Annotated[Path | None, _table(DEVICES)] = None,
    duty_posts: Annotated[Path | None, _table(DUTY_POSTS)] = None,
    contacts: Annotated[Path | None, _table(CONTACTS)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but commit.")] = False,
    report: Annotated[Format, typer.Option(help="Form of the report.")] = "text",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Report file.")] = None,
) -> None:
    """Load the first map, overlays, or tables from files, all or nothing.

    Exits 0 when done, 1 when problems refuse it, 2 when a file or an option cannot be used.
    Parents that are only named are drawn as the union of their children.

    Example: `gridgeo load grids.gpkg --crs EPSG:4547 --code WGBM --name WGMC --dry-run`
    """
    named = {"code": code, "name": name, "parent": parent, "level": level_col,
             "households": households}  # fmt: skip
    tables = ((PLACES, places), (BUILDINGS, buildings), (DEVICES, devices),
              (DUTY_POSTS, duty_posts), (CONTACTS, contacts))  # fmt: skip
    try:
        request = Request(
            files=files or (),
            tables=[(kind, path) for kind, path in tables if path is not None],
            named=_given(named),
            mapping=mapping,
            profile=profile,
            levels=level or (),
            layers=layer or (),
            crs=crs,
            encoding=encoding,
            overlay=overlay,
            parents=parents,
            limits=None if repair is None else parse_limits(repair),
            dry_run=dry_run,
        )
        done = _run(request)
    except BadInput as error:
        text = Text.assemble(("error ", "bold red"), (f"{error.code}: ", "bold"), error.detail)
        Console(stderr=True, soft_wrap=True).print(text)
        raise typer.Exit(2) from None
    _tell(done, report, output, ledger)
    raise typer.Exit(1 if done.problems else 0)


def _given(options: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in options.items() if value is not None}


def parse_limits(text: str) -> Limits:
    """Read `max_gap_m=M,max_overlap_m=M`; one left out is 0. Raises `BadInput`."""
    widths = {"max_gap_m": 0.0, "max_overlap_m": 0.0}
    for part in text.split(","):
        key, _, value = part.strip().partition("=")
        try:
            width = float(value)
        except ValueError:
            width = -1.0
        if key not in widths or not 0.0 <= width < float("inf"):
            raise BadInput(
                f"--repair takes max_gap_m=M,max_overlap_m=M in metres, not {part!r}.",
                key="repair",
                value=text,
            )
        widths[key] = width
    return Limits(**widths)


def _run(request: Request) -> LoadReport:
    settings = load_settings()
    owner = Local.need(settings.local_file).dsn.owner
    with Steps() as step:
        return run(request, owner, settings.data_dir, step)


def _tell(done: LoadReport, form: Format, output: Path | None, ledger: Path | None) -> None:
    text = io.StringIO()
    done.write(form, text)
    if output is None:
        sys.stdout.write(text.getvalue())
    else:
        output.write_text(text.getvalue(), encoding="utf-8")
    if ledger is not None and done.ledger is not None:
        write_ledger(ledger, done.ledger)
