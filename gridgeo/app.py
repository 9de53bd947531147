"""The application: the one place where everything meets."""

import tomllib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import FileResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles

from gridgeo import __version__
from gridgeo.access.api import name_caller
from gridgeo.analysis import api as analysis
from gridgeo.analysis.layer import CellTheme, UnitTheme
from gridgeo.devices import api as devices
from gridgeo.devices import store as device_store
from gridgeo.devices.layer import DEVICE
from gridgeo.dispatch import api as dispatch
from gridgeo.events import api as events
from gridgeo.events import store as event_store
from gridgeo.events.foresight import foresight
from gridgeo.events.layer import EVENT
from gridgeo.http import faults, health, reference
from gridgeo.http.core import Core
from gridgeo.http.limits import LimitBody
from gridgeo.http.logs import configure_logging
from gridgeo.http.middleware import Observe
from gridgeo.http.origins import OpenToAll
from gridgeo.http.packing import PackAsAsked
from gridgeo.http.protocol import AT_ONCE
from gridgeo.http.service import HeadAsGet, Service
from gridgeo.parties import adopting, posts
from gridgeo.parties import api as parties
from gridgeo.parties.books import Books
from gridgeo.places import api as places
from gridgeo.places.layer import LAYERS as PLACE_LAYERS
from gridgeo.plans import api as plans
from gridgeo.plans import diff_api as diff
from gridgeo.plans import review_api as review
from gridgeo.plans import steps_api as steps
from gridgeo.plans import talk_api as talk
from gridgeo.plans.balance import Tallies
from gridgeo.plans.due import DuePlans
from gridgeo.plans.overlay import Overlays
from gridgeo.plans.problems import Findings
from gridgeo.plans.replays import Replays
from gridgeo.settings import Settings, load_settings
from gridgeo.tiles import api as tiles
from gridgeo.tiles.drawn.ahead import draw_apart
from gridgeo.tiles.drawn.kept import TileFiles
from gridgeo.tiles.drawn.live import LiveTiles, Watch, watch_nothing
from gridgeo.tiles.ground import GroundTiles
from gridgeo.tiles.model import Catalogue
from gridgeo.tiles.packed_files import PackedFiles
from gridgeo.tiles.quick import QuickTiles
from gridgeo.tiles.sending import Packer
from gridgeo.tiles.shifted import ShiftedTiles
from gridgeo.tiles.sources import Sources
from gridgeo.tiles.style import api as styles_api
from gridgeo.tiles.themes import DrawnThemes
from gridgeo.units import api as units
from gridgeo.units import relations_api as relations
from gridgeo.units.layer import EXCLUSIVE_GRID, EXCLUSIVE_LABEL, cover_layer, label_layer
from gridgeo.units.publish import Follower

if TYPE_CHECKING:
    from gridgeo.db.layers import Layer

Rows = Mapping[str, Mapping[str, Any]]

FOLLOWERS: Sequence[Follower] = (device_store.follow, posts.follow, event_store.follow)
"""Who moves what stands on the map when a version is published, in this order."""


def plan_followers(books: Books | None = None) -> Sequence[Follower]:
    """Return who moves what when a plan is published, whose exclusive grids come without a party.

    Of a file or a city the rules come along. `books` are those that a process keeps.
    """
    movers = (device_store.follow, posts.follow)
    return (adopting.follow, *movers, partial(event_store.follow, books=books))


ROUTERS: Sequence[APIRouter] = (
    dispatch.router, places.router, relations.router, units.router, plans.router, review.router,
    diff.router, talk.router, steps.router, parties.router, events.router, devices.router,
    analysis.router, tiles.router, styles_api.router, health.router,
)  # fmt: skip

DESCRIPTION = """One city, one grid map: every point of the city has exactly one grid and one answer
to "whose is it?". Coordinates are always lon, lat. Reading the map is open; everything else needs a
key as `Authorization: Bearer <key>`. Errors are `application/problem+json` with a stable `code`."""


def create_app(settings: Settings | None = None, core: Core | None = None) -> Service:
    """Put the service together; without settings they are read from the environment.

    `core` is one that may be open already, and answer.
    """
    settings = settings or load_settings()
    configure_logging(settings.log_level, settings.log_format)
    core = core or Core(settings)
    app = Service(
        core.at_once,
        title="gridgeo",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        responses=faults.RESPONSES,
        generate_unique_id_function=_operation_id,
    )
    app.state.settings = settings
    app.state.core, app.state.memory, app.state.live = core, core.memory, core.live
    app.state.pool, app.state.read_pool = core.pool, core.read_pool
    app.state.followers = plan_followers(core.memory.books)
    app.state.due_plans = DuePlans(app.state.pool, app.state.followers)
    app.state.replays, app.state.findings = Replays(), Findings(256)
    app.state.overlays, app.state.tallies = Overlays(8), Tallies(64)
    app.state.foresight = foresight(core.memory.books)
    rows = layer_rows(settings.tiles_dir)
    themes = unit_themes(rows)
    app.state.catalogue = catalogue_of(rows, themes)
    ground = GroundTiles()
    app.state.tiles = _drawn_tiles(app, settings, watch=ground.look)
    app.state.shifted = ShiftedTiles(partial(_drawn_tiles, app, settings))
    core.wake_too(app.state.tiles.wake, app.state.shifted.wake)
    app.state.tile_sources = Sources(
        app.state.catalogue,
        app.state.tiles.current,
        app.state.shifted,
        themes=DrawnThemes(themes),
        ground=ground,
        draws=settings.index_dir is not None,
    )
    app.state.packer = Packer(packed_files(settings))
    faults.install(app)
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(name_caller)])
    reference.install(app)
    if settings.web_dir.is_dir():
        _serve_console(app, settings.web_dir)
    app.add_middleware(PackAsAsked)
    app.add_middleware(LimitBody, max_bytes=settings.max_body_bytes)
    app.add_middleware(HeadAsGet)
    app.add_middleware(OpenToAll)
    app.add_middleware(Observe)
    core.at_once.shortcuts = [*core.at_once.shortcuts, QuickTiles(app.state.tile_sources)]
    return app


def _serve_console(app: FastAPI, web_dir: Path) -> None:
    """Serve the built console: its page at `/`, everything else of it under `/assets`."""
    app.mount("/assets", StaticFiles(directory=web_dir / "assets"), name="assets")

    @app.get("/", include_in_schema=False, response_class=FileResponse)
    def console() -> FileResponse:
        return FileResponse(web_dir / "index.html", headers={"Cache-Control": "no-cache"})


def layer_rows(tiles_dir: Path) -> Rows:
    """Return what a cartographer says of each layer, and of the sets, in `layers.toml`."""
    return tomllib.loads((tiles_dir / "layers.toml").read_text(encoding="utf-8"))


def unit_themes(rows: Rows) -> list[UnitTheme]:
    """Return the themes of units: the layers that have levels by zoom."""
    return [UnitTheme.of(name, row) for name, row in rows.items() if "levels" in row]


def catalogue_of(rows: Rows, themes: Sequence[UnitTheme]) -> Catalogue:
    """Return all layers with their zooms, and the sets of them."""
    zooms = {name: row for name, row in rows.items() if name != "set"}
    covers = [cover_layer(name, row["level"]) for name, row in zooms.items() if "level" in row]
    cells = [CellTheme.of(name, row) for name, row in zooms.items() if "resolutions" in row]
    figures = [*(theme.layer for theme in themes), *(theme.layer for theme in cells)]
    every: list[Layer] = [
        *covers, label_layer(zooms), EXCLUSIVE_GRID, EXCLUSIVE_LABEL, *PLACE_LAYERS, DEVICE, EVENT,
        *figures,
    ]  # fmt: skip
    return Catalogue(every, zooms, rows.get("set", {}))


def catalogue(tiles_dir: Path) -> Catalogue:
    """Return all layers with the zooms of `layers.toml`, and its sets."""
    rows = layer_rows(tiles_dir)
    return catalogue_of(rows, unit_themes(rows))


def _drawn_tiles(
    app: FastAPI, settings: Settings, datum: str | None = None, watch: Watch = watch_nothing
) -> LiveTiles:
    """Return the drawn tiles of the live map, in a datum if said."""
    return LiveTiles(
        app.state.read_pool,
        app.state.catalogue.drawn,
        None if settings.index_dir is None else TileFiles(settings.index_dir, datum),
        partial(draw_apart, datum),
        datum,
        watch,
    )


def packed_files(settings: Settings) -> PackedFiles | None:
    """Return the packed tiles that the workers share, None if there is no folder or no room."""
    if settings.index_dir is None or settings.packed_tiles_mb == 0:
        return None
    return PackedFiles(settings.index_dir / "packed", settings.packed_tiles_mb * 1024 * 1024)


@asynccontextmanager
async def _lifespan(app: Service) -> AsyncIterator[Mapping[str, Any]]:
    state = app.state
    with state.core, state.tiles, state.shifted, state.due_plans:
        yield {AT_ONCE: app.at_once}


def _operation_id(route: APIRoute) -> str:
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name
