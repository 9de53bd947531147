"""`gridgeo tiles`: the map drawn ahead, so that tiles need no database."""

import typer

from gridgeo.app import catalogue
from gridgeo.cli.local import Local
from gridgeo.cli.progress import Steps
from gridgeo.settings import Settings, load_settings
from gridgeo.tiles.ahead import draw_head
from gridgeo.tiles.kept import TileFiles

app = typer.Typer(
    help="Draw the map ahead.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


@app.callback()
def tiles() -> None:
    """Draw the map ahead."""


@app.command()
def build() -> None:
    """Draw the live map for all zooms, and keep it in a file; the server does so by itself.

    Done again it changes nothing. Example: `gridgeo tiles build`
    """
    settings = load_settings()
    with Steps() as report:
        report("drawing the live map")
        version = draw_head(
            _reader(settings),
            TileFiles(settings.index_folder),
            catalogue(settings.tiles_dir).covers,
            lambda zoom: report(f"drawing the live map: zoom {zoom} is done"),
        )
    typer.echo("nothing to draw now" if version is None else f"version {version} is drawn")


def _reader(settings: Settings) -> str:
    found = settings.reader_dsn or settings.app_dsn
    if found is not None:
        return found.get_secret_value()
    return Local.need(settings.local_file).dsn.reader
