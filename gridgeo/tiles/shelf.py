"""The drawn tiles of one map version, as a worker serves them; immutable but for its cache."""

from collections.abc import Mapping
from dataclasses import dataclass

from gridgeo.geometry.generalise.frame import EXTENT_BITS
from gridgeo.tiles.cache import Tile, TileCache
from gridgeo.tiles.dirty import dirty_tiles
from gridgeo.tiles.drawings import Altered, Drawings, Shown
from gridgeo.tiles.mvt import polygon_layer
from gridgeo.units.model import MapVersion

QUICK_UNITS = 2_000
"""Tiles with more units than this, some 2 ms, take too long to be made between two requests."""


@dataclass(frozen=True)
class Shelf:
    """Tiles of a version.

    Parameters
    ----------
    version
        The map version.
    depths
        Depth of the level that each layer shows.
    drawings
        All levels at all zooms.
    cache
        Tiles that are ready.
    """

    version: MapVersion
    depths: Mapping[str, int]
    drawings: Drawings
    cache: TileCache

    def shows(self, layer: str, z: int) -> bool:
        """Say whether a layer is drawn at a zoom."""
        return layer in self.depths and Shown(self.depths[layer], z) in self.drawings.panes

    def warm(self) -> None:
        """Make one tile, so that no request waits for compiled code to be loaded."""
        for layer, depth in self.depths.items():
            for shown, pane in self.drawings.panes.items():
                if shown.depth == depth and len(pane.base.ids):
                    x, y = (pane.base.boxes[0, :2] >> EXTENT_BITS).tolist()
                    self.tile(layer, shown.zoom, x, y)
                    return

    def ready(self, layer: str, z: int, x: int, y: int) -> Tile | None:
        """Return a tile that is there or quickly made; None for any other. The layer is drawn."""
        found = self.cache.get((layer, z, x, y))
        if found is None:
            pane = self.drawings.panes[Shown(self.depths[layer], z)]
            if len(pane.places.at(x, y)) <= QUICK_UNITS:
                return self.tile(layer, z, x, y)
        return found

    def tile(self, layer: str, z: int, x: int, y: int) -> Tile:
        """Return a tile of a layer that is drawn."""
        key = (layer, z, x, y)
        found = self.cache.get(key)
        if found is None:
            pane = self.drawings.panes[Shown(self.depths[layer], z)]
            order = pane.order_at(x, y)
            sheets = pane.base, pane.over
            found = Tile(polygon_layer(layer, sheets, order, self.drawings.values, (x, y)))
            self.cache.put(key, found)
        return found

    def followed(
        self, version: MapVersion, drawings: Drawings, altered: Mapping[Shown, Altered]
    ) -> "Shelf":
        """Return the tiles of a later version; those that no change touches stay."""
        dirty = {shown: set(dirty_tiles(one).tolist()) for shown, one in altered.items()}

        def is_dirty(key: tuple[str, int, int, int]) -> bool:
            layer, z, x, y = key
            return (x << 32 | y) in dirty.get(Shown(self.depths[layer], z), ())

        return Shelf(version, self.depths, drawings, self.cache.without(is_dirty))
