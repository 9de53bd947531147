"""`gridgeo tiles export`: the map as one file of tiles, for a place without this server."""

from pathlib import Path
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
from gridgeo.tiles.packs.export import Made
from gridgeo.tiles.packs.export import export as export_pack
from gridgeo.tiles.packs.order import Order
from gridgeo.tiles.packs.page import PACK


def export(
    out: Annotated[Path, typer.Argument(help="File: .pmtiles or .mbtiles; with --page a folder.")],
    layers: Layers = "city",
    unit: Unit = None,
    minzoom: Minzoom = None,
    maxzoom: Maxzoom = None,
    at: Annotated[str | None, typer.Option(help="A past version or instant.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only the tiles that have changed since this version.")
    ] = None,
    datum: Datum = None,
    page: Annotated[
        bool, typer.Option("--page", help="Make a folder with the map page, for any web server.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    processes: Processes = None,
) -> None:
    """Write the live map, or a past one, as one file of vector tiles.

    Broken off, the same command goes on where it stopped. Example:
    `gridgeo tiles export city.pmtiles`
    """
    settings = load_settings()
    known = catalogue(settings.tiles_dir)
    order = order_of(
        known, out, layers, minzoom, maxzoom, processes,
        unit=unit, at=at, since=since, datum=datum, page=page, overwrite=overwrite,
    )  # fmt: skip
    with Steps() as report:
        made = export_pack(house_of(settings), known, order, report)
    typer.echo(_told(order, made))


def _told(order: Order, made: Made) -> str:
    pack = order.out / PACK if order.page else order.out
    since = "" if order.since is None else f" that changed since {order.since}"
    return (
        f"{order.out}: {made.tiles} tiles of map version {made.version.version}{since}, "
        f"zoom {order.minzoom} to {order.maxzoom}, {pack.stat().st_size / 1e6:.1f} MB"
    )
