"""`gridgeo tiles`: the map drawn ahead, and taken along."""

import typer

from gridgeo.app import catalogue
from gridgeo.cli.progress import Steps
from gridgeo.cli.tiles_changed import changed
from gridgeo.cli.tiles_export import export
from gridgeo.cli.tiles_order import Datum, reader_dsn
from gridgeo.settings import load_settings
from gridgeo.tiles.drawn.ahead import draw_head
from gridgeo.tiles.drawn.kept import TileFiles
from gridgeo.tiles.packs.order import require_datum

app = typer.Typer(
    help="Tiles drawn ahead, and taken along.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def tiles() -> None:
    """Tiles drawn ahead, and taken along."""


@app.command()
def build(
    datum: Datum = None,
) -> None:
    """Draw the live map for all zooms, and keep it in a file; the server does so by itself.

    Done again it changes nothing. Example: `gridgeo tiles build`
    """
    require_datum(datum)
    settings = load_settings()
    with Steps() as report:
        report("drawing the live map")
        version = draw_head(
            reader_dsn(settings),
            TileFiles(settings.index_folder, datum),
            catalogue(settings.tiles_dir).drawn,
            lambda zoom: report(f"drawing the live map: zoom {zoom} is done"),
            datum,
        )
    typer.echo("nothing to draw now" if version is None else f"version {version} is drawn")


app.command()(export)
app.command()(changed)
