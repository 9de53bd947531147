"""Where the bytes of a tile come from: drawings as far as there are any, else PostGIS."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg import Connection

from gridgeo.errors import NotFound, Unavailable
from gridgeo.tiles.cache import JoinedTiles, Tile
from gridgeo.tiles.drawn.shelf import Shelf
from gridgeo.tiles.ground import GroundTiles, is_ground
from gridgeo.tiles.model import Catalogue, TileLayer, TileRequest
from gridgeo.tiles.planned import PlannedTiles
from gridgeo.tiles.shifted import ShiftedTiles
from gridgeo.tiles.store import encode_layers
from gridgeo.tiles.themes import DrawnThemes
from gridgeo.units.store import head_version

DRAWN_SOON_S = 10
"""So long a client is asked to wait for a tile that is there as soon as the map is drawn."""


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
    ground
        Tiles of what stands on the ground.
    draws
        Whether the live map is drawn at all, if not yet.
    """

    catalogue: Catalogue
    live: Callable[[], Shelf | None]
    shifted: ShiftedTiles
    planned: PlannedTiles = field(default_factory=PlannedTiles)
    joined: JoinedTiles = field(default_factory=JoinedTiles)
    themes: DrawnThemes = field(default_factory=DrawnThemes)
    ground: GroundTiles = field(default_factory=GroundTiles)
    draws: bool = False

    def drawn(self, datum: str | None) -> Shelf | None:
        """Return the drawn tiles of the live map in a datum."""
        return self.live() if datum is None else self.shifted.current(datum)

    def tile(self, conn: Connection[Any], request: TileRequest, *, is_live: bool) -> Tile:
        """Return a tile, of the live map or not; its layers stand in the order asked for.

        Raises
        ------
        NotFound
            A layer does not have the zoom of this map.
        Unavailable
            It will, once the map is drawn.
        """
        shelf = self._shelf(conn, request, is_live)
        drawn, themes = dict[str, Tile](), dict[str, bytes]()
        if shelf is not None:
            drawn = _drawn(shelf, request)
            if request.plan is None:
                request = replace(request, version=shelf.version.version)  # one map in all layers
                themes = self.themes.layers(conn, shelf, request)
        parts = drawn | {name: Tile(plain) for name, plain in themes.items()}
        others = tuple(one for one in request.layers if one.name not in parts)
        self._require_zoom(others, request, is_live)
        standing = is_live and request.plan is None and request.datum is None
        parts |= self._made(conn, replace(request, layers=others), keep=standing)
        made = [parts[one.name] for one in request.layers]
        if all(one.name in drawn or (standing and is_ground(one)) for one in request.layers):
            return self.joined.of((_place(request), request.z, request.x, request.y), made)
        return Tile(b"".join(part.plain for part in made))

    def _require_zoom(
        self, layers: Sequence[TileLayer], request: TileRequest, is_live: bool
    ) -> None:
        """Refuse a level far out that is not drawn: PostGIS would drop what is tiny."""
        missing = next((one for one in layers if not one.shows(request.z)), None)
        if missing is None:
            return
        follows = is_live or request.plan is not None
        if self.draws and follows and self.drawn(request.datum) is None:
            raise _not_yet(missing, request.z)
        raise _never(missing, request.z)

    def _made(self, conn: Connection[Any], request: TileRequest, *, keep: bool) -> dict[str, Tile]:
        """Return tiles that PostGIS makes, by layer; those of the ground may be kept."""
        at, mark = (request.version, request.z, request.x, request.y), self.ground.mark
        found = {}
        if keep:
            held = ((one, self.ground.get(one, *at)) for one in request.layers if is_ground(one))
            found = {one.name: tile for one, tile in held if tile is not None}
        missing = tuple(one for one in request.layers if one.name not in found)
        made = encode_layers(conn, replace(request, layers=missing))
        for one, plain in zip(missing, made, strict=True):
            found[one.name] = Tile(plain)
            if keep and is_ground(one):
                self.ground.put(mark, one, *at, found[one.name])
        return found

    def _shelf(self, conn: Connection[Any], request: TileRequest, is_live: bool) -> Shelf | None:
        """Return drawn tiles of what is asked for; None if PostGIS has to make them.

        So it has where the connection does not see what was published a moment ago.
        """
        live = self.drawn(request.datum) if is_live or request.plan is not None else None
        if live is None:
            return None
        if request.plan is None:
            alone = all(live.shows(one.name, request.z) for one in request.layers)
            return live if alone or live.version.version <= request.version else None
        head = head_version(conn)
        if head is None or live.version.version > head.version:
            return None
        return self.planned.shelf(conn, live, request.plan, request.datum)

    def ready(self, layers: Sequence[TileLayer], z: int, x: int, y: int) -> Tile | None:
        """Return a tile of the live map that is there or quickly made; None for any other.

        `layers` are one at least.
        """
        shelf = self.live()
        if shelf is None:
            return None
        if len(layers) == 1:
            return self._at_hand(shelf, layers[0], z, x, y)
        parts = dict[str, Tile]()
        for one in sorted(layers, key=lambda one: shelf.shows(one.name, z)):  # what is made, last
            part = self._at_hand(shelf, one, z, x, y)
            if part is None:
                return None
            parts[one.name] = part
        names = ",".join(one.name for one in layers)
        return self.joined.of((names, z, x, y), [parts[one.name] for one in layers])

    def _at_hand(self, shelf: Shelf, layer: TileLayer, z: int, x: int, y: int) -> Tile | None:
        name = layer.name
        if shelf.shows(name, z):
            return shelf.ready(name, z, x, y)
        return self.ground.get(layer, shelf.version.version, z, x, y) if is_ground(layer) else None


def _drawn(shelf: Shelf, request: TileRequest) -> dict[str, Tile]:
    """Return the tiles of those layers that are drawn, by layer."""
    names = (one.name for one in request.layers if shelf.shows(one.name, request.z))
    return {name: shelf.tile(name, request.z, request.x, request.y) for name in names}


def _not_yet(layer: TileLayer, z: int) -> Unavailable:
    return Unavailable(
        f"The map is being drawn; {layer.name} has zoom {z} once it is. Ask again in a moment, or "
        f"for zooms {layer.minzoom} to {layer.maxzoom}.",
        key="z",
        value=z,
        retry_after_s=DRAWN_SOON_S,
    )


def _never(layer: TileLayer, z: int) -> NotFound:
    return NotFound(
        f"{layer.name} has zooms {layer.minzoom} to {layer.maxzoom}; from {layer.alone_from} on "
        "only as the live map, or a plan on it, is drawn: without `at`.",
        key="z",
        value=z,
    )


def _place(request: TileRequest) -> str:
    """Return under what a tile of several layers is kept, apart from its place."""
    plan = "" if request.plan is None else f"{request.plan.plan_id}:"
    return f"{request.datum or ''}{plan}{','.join(one.name for one in request.layers)}"
