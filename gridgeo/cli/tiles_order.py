"""Options that the commands of `gridgeo tiles` share, and where they find the map."""

import os
from pathlib import Path
from typing import Annotated

import typer

from gridgeo.cli.local import Local
from gridgeo.settings import Settings
from gridgeo.tiles.model import Catalogue
from gridgeo.tiles.packs.export import House
from gridgeo.tiles.packs.order import Order

DEEPEST = 16
"""Deepest zoom of a pack unless told: clients magnify it, and a tile unit is 0.1 m wide there."""

Layers = Annotated[str, typer.Option(help="A set of layers, or layers with commas between.")]
Unit = Annotated[str | None, typer.Option(help="Only the tiles that meet the unit of this code.")]
Minzoom = Annotated[
    int | None, typer.Option(min=0, max=18, help="First zoom [that of the layers].")
]
Maxzoom = Annotated[
    int | None, typer.Option(min=0, max=18, help=f"Last zoom [that of the layers, or {DEEPEST}].")
]
Datum = Annotated[str | None, typer.Option(help="Datum of all vertices: gcj02 or bd09 [WGS 84].")]
Processes = Annotated[
    int | None, typer.Option(min=1, max=256, help="How many work at it [one for each core].")
]


def reader_dsn(settings: Settings) -> str:
    """Return the connection string for reading: as set, or as `gridgeo prepare` left it."""
    found = settings.reader_dsn or settings.app_dsn
    if found is not None:
        return found.value
    return Local.need(settings.local_file).dsn.reader


def house_of(settings: Settings) -> House:
    """Return where this installation keeps what goes into a pack."""
    folders = settings.index_folder, settings.tiles_dir, settings.web_dir
    return House(reader_dsn(settings), *folders)


def order_of(
    known: Catalogue, out: Path, layers: str, minzoom: int | None, maxzoom: int | None,
    processes: int | None, *, unit: str | None, at: str | None, since: str | None,
    datum: str | None, page: bool = False, overwrite: bool = False,
) -> Order:  # fmt: skip
    """Return an order, with what was not said filled in."""
    chosen = known.choose(layers)
    return Order(
        out,
        chosen,
        chosen.minzoom if minzoom is None else minzoom,
        min(DEEPEST, chosen.maxzoom) if maxzoom is None else maxzoom,
        unit=unit,
        at=at,
        since=since,
        datum=datum,
        page=page,
        overwrite=overwrite,
        processes=processes or len(os.sched_getaffinity(0)),
    )
