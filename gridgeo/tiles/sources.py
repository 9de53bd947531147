"""Where the bytes of a tile come from: drawings as far as there are any, else PostGIS."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg import Connection

from gridgeo.errors import NotFound
from gridgeo.tiles.cache import JoinedTiles, Tile
from gridgeo.tiles.model import Catalogue, TileLayer, TileRequest
from gridgeo.tiles.planned import PlannedTiles
from gridgeo.tiles.shelf import Shelf
from gridgeo.tiles.shifted import ShiftedTiles
from gridgeo.tiles.store import encode_layers
from gridgeo.tiles.themes import DrawnThemes
from gridgeo.units.store import head_version


@dataclass(frozen=True)
class Sources:
    """What a worker has to make tiles of.

    Parameters
    ----------
    catalogue
        All layers.
    live
        Returns the drawn tiles of the live map, None while there are none.
    shifted
        Those in other datums.
    planned
        Those of plans.
    joined
        Tiles of several layers that are ready.
    themes
        Figures of units to show on drawn borders.
    """

    catalogue: Catalogue
    live: Callable[[], Shelf | None]
    shifted: ShiftedTiles
    planned: PlannedTiles = field(default_factory=PlannedTiles)
    joined: JoinedTiles = field(default_factory=JoinedTiles)
    themes: DrawnThemes = field(default_factory=DrawnThemes)

    def drawn(self, datum: str | None) -> Shelf | None:
        """Return the drawn tiles of the live map in a datum."""
        return self.live() if datum is None else self.shifted.current(datum)

    def tile(self, conn: Connection[Any], request: TileRequest, *, is_live: bool) -> Tile:
        """Return a tile, of the live map or not; its layers stand in the order asked for."""
        shelf = self._shelf(conn, request, is_live)
        z, x, y = request.z, request.x, request.y
        drawn = {
            one.name: shelf.tile(one.name, z, x, y)
            for one in request.layers
            if shelf is not None and shelf.shows(one.name, z)
        }
        if len(drawn) == len(request.layers):
            return self.joined.of((_place(request), z, x, y), list(drawn.values()))
        parts = {name: tile.plain for name, tile in drawn.items()}
        if shelf is not None and request.plan is None:
            parts |= self.themes.layers(conn, shelf, request)
        others = tuple(one for one in request.layers if one.name not in parts)
        _require_zoom(others, z)
        made = encode_layers(conn, replace(request, layers=others))
        parts |= zip((one.name for one in others), made, strict=True)
        return Tile(b"".join(parts[one.name] for one in request.layers))

    def _shelf(self, conn: Connection[Any], request: TileRequest, is_live: bool) -> Shelf | None:
        """Return drawn tiles of what is asked for; None if PostGIS has to make them."""
        if request.plan is None:
            return self.drawn(request.datum) if is_live else None
        live, head = self.drawn(request.datum), head_version(conn)
        if live is None or head is None or live.version.version > head.version:
            return None  # the connection does not see what was published a moment ago
        return self.planned.shelf(conn, live, request.plan, request.datum)

    def ready(self, names: Sequence[str], z: int, x: int, y: int) -> Tile | None:
        """Return a tile of the live map that is there or quickly made; None for any other.

        `names` are those of layers, one at least.
        """
        shelf = self.live()
        if shelf is None:
            return None
        for name in names:
            if not shelf.shows(name, z):
                return None
        parts = []
        for name in names:
            part = shelf.ready(name, z, x, y)
            if part is None:
                return None
            parts.append(part)
        return parts[0] if len(parts) == 1 else self.joined.of((",".join(names), z, x, y), parts)


def _require_zoom(layers: Sequence[TileLayer], z: int) -> None:
    """Raise `NotFound` for a level far out that is not drawn: PostGIS would drop what is tiny."""
    for one in layers:
        if not one.shows(z):
            raise NotFound(
                f"{one.name} has zooms {one.minzoom} to {one.maxzoom}; from {one.alone_from} on "
                "only as the live map is drawn, without `at`.",
                key="z",
                value=z,
            )


def _place(request: TileRequest) -> str:
    """Return under what a tile of several layers is kept, apart from its place."""
    plan = "" if request.plan is None else f"{request.plan.plan_id}:"
    return f"{request.datum or ''}{plan}{','.join(one.name for one in request.layers)}"
