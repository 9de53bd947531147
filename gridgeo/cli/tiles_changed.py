"""`gridgeo tiles changed`: which tiles differ between two versions, for whoever keeps copies."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from gridgeo.app import catalogue
from gridgeo.cli.progress import Steps
from gridgeo.cli.tiles_order import (
    Datum,
    Layers,
    Maxzoom,
    Minzoom,
    Processes,
    Unit,
    house_of,
    order_of,
)
from gridgeo.settings import load_settings
from gridgeo.tiles.packs.export import changed_tiles


def changed(
    since: Annotated[str, typer.Argument(help="The earlier version or instant.")],
    at: Annotated[str | None, typer.Argument(help="The later one [the live map].")] = None,
    layers: Layers = "city",
    unit: Unit = None,
    minzoom: Minzoom = None,
    maxzoom: Maxzoom = None,
    datum: Datum = None,
    processes: Processes = None,
) -> None:
    """List the tiles that differ between two versions, by their bytes, as JSON lines.

    Example: `gridgeo tiles changed 41 42 --layers micro_grid`
    """
    settings = load_settings()
    known = catalogue(settings.tiles_dir)
    with Steps() as report, TemporaryDirectory() as folder:
        order = order_of(
            known, Path(folder) / "changed.pmtiles", layers, minzoom, maxzoom, processes,
            unit=unit, at=at, since=since, datum=datum,
        )  # fmt: skip
        for (z, x, y), size in changed_tiles(house_of(settings), known, order, report):
            typer.echo(json.dumps({"z": z, "x": x, "y": y, "empty": size == 0}))
