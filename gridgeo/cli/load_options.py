"""What `gridgeo load` can be told: its options, and the reading of those with a form of their own.

One type for each option, in the order of the command's help.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from gridgeo.cli.load_report import Format
from gridgeo.errors import BadInput
from gridgeo.files.columns import DEFAULTS
from gridgeo.files.tables import BUILDINGS, CONTACTS, DEVICES, DUTY_POSTS, PLACES, TableKind
from gridgeo.geometry.settling import Limits

BARE_REPAIR = "max_gap_m=1,max_overlap_m=1"

Text = str | None
Texts = list[str] | None
OneFile = Path | None

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="GeoJSON, GeoPackage, Shapefile (.zip too), FlatGeobuf, GeoParquet."),
]
Crs = Annotated[Text, typer.Option(help="Overrides the files' CRS: EPSG:4547, gcj02, bd09 ...")]
Levels = Annotated[Texts, typer.Option(help="Level of the units: once, or once for each file.")]
Layers = Annotated[Texts, typer.Option(help="Layer to read: once, or once for each file.")]
Encoding = Annotated[
    Text, typer.Option(help="Of a Shapefile's table or a CSV; found out without it.")
]

CodeColumn = Annotated[Text, typer.Option(help="Column of the code; without it `code`.")]
NameColumn = Annotated[Text, typer.Option(help="Column of the name; without it `name`.")]
ParentColumn = Annotated[
    Text, typer.Option(help="Column of the parent's code; without it `parent_code`.")
]
LevelColumn = Annotated[Text, typer.Option(help="Column of the level; without it `level`.")]
HouseholdsColumn = Annotated[
    Text, typer.Option(help="Column of the households; without it `households`.")
]
AnyColumn = Annotated[
    Texts, typer.Option(metavar="MEANING=COLUMN", help=f"Any column: {', '.join(DEFAULTS)}.")
]
Mapping = Annotated[
    OneFile, typer.Option("--map", help="Mapping file (TOML): table `columns`, tables `levels.X`.")
]

CityProfile = Annotated[
    OneFile, typer.Option(help="City profile (TOML) of the first map; without it Zhengzhou's.")
]
ParentsRule = Annotated[
    Literal["given", "union"],
    typer.Option(help="Parents' own polygons must be their children, or give way to them."),
]
Overlay = Annotated[
    Text,
    typer.Option(
        metavar="KIND|@COLUMN",
        help="Load exclusive grids of this kind, or of the kind in a column; they may overlap.",
    ),
]
AsPlan = Annotated[
    bool, typer.Option("--as-plan", help="A redraw of units on the map: becomes a draft plan.")
]
Title = Annotated[Text, typer.Option(help="Of the plan; without it the names of the files.")]
DocumentNo = Annotated[Text, typer.Option(help="Of the document behind the plan.")]

Repair = Annotated[
    Text,
    typer.Option(
        metavar="max_gap_m=M,max_overlap_m=M",
        help=f"Close gaps and overlaps up to these widths; bare: {BARE_REPAIR}.",
    ),
]
Ledger = Annotated[
    OneFile, typer.Option(help="CSV of all ground that a repair gave to another unit.")
]


def _table(kind: TableKind) -> Any:
    return typer.Option(help=f"CSV of {kind.name}: {kind.columns}.")


Places = Annotated[OneFile, _table(PLACES)]
Buildings = Annotated[OneFile, _table(BUILDINGS)]
Devices = Annotated[OneFile, _table(DEVICES)]
DutyPosts = Annotated[OneFile, _table(DUTY_POSTS)]
Contacts = Annotated[OneFile, _table(CONTACTS)]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Do everything but commit.")]
ReportForm = Annotated[Format, typer.Option(help="Form of the report.")]
Output = Annotated[OneFile, typer.Option("-o", "--output", help="Report file.")]


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


def parse_columns(given: Sequence[str]) -> dict[str, str]:
    """Read `MEANING=COLUMN` words; raises `BadInput` for any other, naming the meanings."""
    found = {}
    for word in given:
        meaning, _, name = word.partition("=")
        if meaning not in DEFAULTS or not name:
            raise BadInput(
                f"--column takes MEANING=COLUMN, not {word!r}; the meanings are "
                f"{', '.join(DEFAULTS)}.",
                key="column",
                value=word,
            )
        found[meaning] = name
    return found


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
