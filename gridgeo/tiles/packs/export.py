"""A map version as a pack of tiles: made by all cores, taken up again where it was broken off.

A tile of a pack has the bytes that the server gives, or gave while that version was live: units as
drawn, all else as it stands in the database now.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pmtiles.tile import tileid_to_zxy
from psycopg import Connection, IsolationLevel, connect

from gridgeo.errors import Unavailable
from gridgeo.tiles.drawn.drawings import Drawings
from gridgeo.tiles.drawn.kept import TileFiles
from gridgeo.tiles.drawn.live import depths_of
from gridgeo.tiles.drawn.scheme import scheme_of
from gridgeo.tiles.drawn.store import draw_version
from gridgeo.tiles.model import Catalogue
from gridgeo.tiles.packs.archives import WRITERS, About
from gridgeo.tiles.packs.area import Area
from gridgeo.tiles.packs.blocks import Block, Place
from gridgeo.tiles.packs.crew import Work, make_blocks, snapshot_of
from gridgeo.tiles.packs.order import Order, about, job_of
from gridgeo.tiles.packs.page import PACK, require_page, write_page
from gridgeo.tiles.packs.press import Recipe
from gridgeo.tiles.packs.since import Between, span
from gridgeo.tiles.packs.staging import Numbered, Stage
from gridgeo.units.model import MapVersion
from gridgeo.units.store import resolve_version

Report = Callable[[str, float | None], None]
"""Hears of each step, and of the fraction done where that is known."""


@dataclass(frozen=True)
class Made:
    """What was written, and from what.

    Parameters
    ----------
    tiles
        How many tiles are in the pack.
    resumed
        How many blocks of tiles were there from a run before.
    replaced
        Whether blocks of another map or another order were thrown away.
    """

    version: MapVersion
    tiles: int
    resumed: int
    replaced: bool


@dataclass(frozen=True)
class House:
    """Where an installation keeps what goes into a pack.

    Parameters
    ----------
    dsn
        Of the database, for reading; a secret.
    drawings
        The folder of drawings.
    tiles_dir, web_dir
        The folders of styles and of the built page.
    """

    dsn: str
    drawings: Path
    tiles_dir: Path
    web_dir: Path


def export(house: House, catalogue: Catalogue, order: Order, report: Report) -> Made:
    """Write a pack, or a page with one; it appears whole or not at all.

    What is made stays in a folder beside it until then, so that the same order goes on where it
    was broken off.

    Raises
    ------
    Unavailable
        There is no map yet, no room, or no right to write.
    GridgeoError
        As `Order.check`.
    """
    order.check()
    if order.page:
        require_page(house.web_dir)
    with _told(order.out), _making(house, catalogue, order, report) as (work, blocks, conn):
        report("writing the file", None)
        emptied = [tileid_to_zxy(n) for n, size in work.stage.sizes(blocks) if not size]
        said = about(conn, work.recipe.version, order, work.area, emptied)
        tiles = Counted(work.stage.tiles(blocks))
        _write(house, order, work.stage, tiles, said)
        work.stage.clear()
    stage = work.stage
    return Made(work.recipe.version, tiles.number, stage.resumed, stage.replaced)


def changed_tiles(
    house: House, catalogue: Catalogue, order: Order, report: Report
) -> Iterator[tuple[Place, int]]:
    """Yield the tiles that differ from those of `order.since`, with their sizes; 0 if empty now.

    `order.out` is never written, but work lies beside it meanwhile. Raises as `export`.
    """
    order.check()
    with _told(order.out), _making(house, catalogue, order, report) as (work, blocks, _):
        for number, size in work.stage.sizes(blocks):
            yield tileid_to_zxy(number), size
        work.stage.clear()


@contextmanager
def _making(
    house: House, catalogue: Catalogue, order: Order, report: Report
) -> Iterator[tuple[Work, int, Connection[Any]]]:
    """Make all tiles of an order; yield the work that is done, and the number of its blocks."""
    folder = order.out.with_name(order.out.name + ".part")
    with _reading(house.dsn) as conn:
        version = resolve_version(conn, order.at)
        since = None if order.since is None else resolve_version(conn, order.since)
        area = Area.of(conn, version.version, order.unit, order.datum)
        with Stage.opened(folder, job_of(conn, version, since, order, area)) as stage:
            report(_beginning(stage), None)
            recipe = Recipe(version, catalogue.drawn, order.chosen, order.datum, folder)
            drawn = _have_drawings(conn, house, recipe, report)
            blocks = area.ground.blocks(order.minzoom, order.maxzoom)
            work = Work(house.dsn, snapshot_of(conn), recipe, area, stage)
            if since is not None:
                work = _compared(conn, work, drawn, since, order)
            _make(work, blocks, order.processes, report)
            yield work, len(blocks), conn


@contextmanager
def _told(out: Path) -> Iterator[None]:
    """Say in words that there is no room, or no right to write."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise Unavailable(
            f"{out} could not be written: {error}. Nothing half-made carries its name; tiles that "
            f"are done stay in {out.name}.part, and the same command goes on with them.",
            key="out",
            value=out,
        ) from error


@contextmanager
def _reading(dsn: str) -> Iterator[Connection[Any]]:
    """Connect, and see one instant."""
    with connect(dsn) as conn:
        conn.isolation_level, conn.read_only = IsolationLevel.REPEATABLE_READ, True
        yield conn


def _beginning(stage: Stage) -> str:
    if stage.resumed:
        return f"going on: {stage.resumed} blocks of tiles are there already"
    if stage.replaced:
        return "beginning anew: what was there is of another map or another order"
    return "reading the map"


def _have_drawings(conn: Connection[Any], house: House, recipe: Recipe, report: Report) -> Drawings:
    """Have the drawings of a version beside the blocks, for all processes to share."""
    version, datum, files = recipe.version, recipe.datum, _files(recipe)
    scheme = scheme_of(recipe.layers, depths_of(conn, recipe.layers))

    def those_of(files: TileFiles) -> Drawings | None:
        found = files.newest(conn, scheme)
        return found[1] if found is not None and found[0] == version else None

    drawn = those_of(files)
    if drawn is None:
        drawn = those_of(TileFiles(house.drawings, datum)) or draw_version(
            conn, version.version, scheme,
            lambda zoom: report(f"drawing version {version.version}: zoom {zoom} is done", None),
            datum, files.parts(conn, version, scheme),
        )  # fmt: skip
        files.keep(conn, version, drawn)
    return drawn


def _files(recipe: Recipe) -> TileFiles:
    """Return where the processes look for drawings; the folder is there."""
    (recipe.folder / (recipe.datum or "")).mkdir(parents=True, exist_ok=True)
    return TileFiles(recipe.folder, recipe.datum)


def _compared(
    conn: Connection[Any], work: Work, drawn: Drawings, since: MapVersion, order: Order
) -> Work:
    """Return the work that keeps only the tiles that have changed since a version."""
    recipe, zooms = work.recipe, range(order.minzoom, order.maxzoom + 1)
    undrawn = [one for one in order.shown if one.name not in recipe.layers]
    between = Between(since.version, recipe.version.version, order.datum, work.area.bounds, zooms)
    found = span(conn, drawn, undrawn, between)
    before = replace(recipe, version=since, folder=recipe.folder / "before")
    _files(before).keep(conn, since, found.drawn)
    return replace(work, before=before, numbers=found.numbers)


def _make(work: Work, blocks: Sequence[Block], processes: int, report: Report) -> None:
    """Make the blocks that are not there yet."""
    tasks = [(n, block) for n, block in enumerate(blocks) if not work.stage.has(n)]
    done = len(blocks) - len(tasks)
    for more in make_blocks(work, tasks, processes):
        done += more
        report("making tiles", done / len(blocks))


def _write(house: House, order: Order, stage: Stage, tiles: "Counted", said: About) -> None:
    """Write what was ordered beside its place, and put it there."""
    suffix = ".pmtiles" if order.page else order.out.suffix.lower()
    draft = stage.folder / f"whole{suffix}"
    WRITERS[suffix](draft, tiles, said)
    if order.page:
        page = stage.folder / "page"
        shutil.rmtree(page, ignore_errors=True)
        page.mkdir()
        write_page(page, house.web_dir, house.tiles_dir, said)
        draft = draft.replace(page / PACK).parent
        if order.out.exists():
            order.out.replace(stage.folder / "before")
    draft.replace(order.out)


class Counted:
    """Tiles, counted as they go by."""

    def __init__(self, tiles: Iterator[Numbered]) -> None:
        self._tiles = tiles
        self.number = 0

    def __iter__(self) -> Iterator[Numbered]:
        """Yield the tiles."""
        for tile in self._tiles:
            self.number += 1
            yield tile
