"""The drawn tiles of one map version, as a worker serves them; immutable but for its cache."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gridgeo.geometry.generalise.frame import EXTENT_BITS, MAX_ZOOM
from gridgeo.tiles.cache import Tile, TileCache
from gridgeo.tiles.drawn.dirty import dirty_label_tiles, dirty_tiles
from gridgeo.tiles.drawn.drawings import Alterations, Drawings
from gridgeo.tiles.drawn.mvt import polygon_layer
from gridgeo.tiles.drawn.points import label_layer
from gridgeo.tiles.drawn.scheme import Shown
from gridgeo.units.layer import LABEL
from gridgeo.units.model import MapVersion

QUICK_UNITS = 16_000
"""Tiles with more units than this, some 3 ms, take too long to be made between two requests."""


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

    @cached_property
    def _panes(self) -> dict[tuple[str, int], Shown]:
        """What is shown by layer and zoom; a level drawn alone only where it is not drawn else."""
        panes = sorted(self.drawings.panes, key=lambda one: not one.alone)
        return {
            (layer, one.zoom): one
            for layer, depth in self.depths.items()
            for one in panes
            if one.depth == depth
        }

    @cached_property
    def _label_zooms(self) -> frozenset[int]:
        rule = self.drawings.scheme.labels
        return frozenset(z for z in range(MAX_ZOOM + 1) if rule is not None and rule.at(z))

    def shows(self, layer: str, z: int) -> bool:
        """Say whether a layer is drawn at a zoom."""
        return (layer, z) in self._panes or (layer == LABEL and z in self._label_zooms)

    def warm(self) -> None:
        """Make a tile of polygons and one of labels: no request waits for code to be loaded."""
        for (layer, z), shown in self._panes.items():
            boxes = self.drawings.panes[shown].base.boxes
            if len(boxes):
                self.tile(layer, z, *(boxes[0, :2] >> EXTENT_BITS).tolist())
                break
        for z in sorted(self._label_zooms)[-1:]:
            for tile in self.drawings.labels.tiles_at(z)[:1].tolist():
                self.tile(LABEL, z, tile >> 32, tile & 0xFFFFFFFF)

    def ready(self, layer: str, z: int, x: int, y: int) -> Tile | None:
        """Return a tile that is there or quickly made; None for any other. The layer is drawn."""
        found = self.cache.get((layer, z, x, y))
        if found is None and self._is_quick(layer, z, x, y):
            return self.tile(layer, z, x, y)
        return found

    def _is_quick(self, layer: str, z: int, x: int, y: int) -> bool:
        shown = self._panes.get((layer, z))
        if shown is None:
            return len(self.drawings.labels.rows_at(z, x, y)) <= QUICK_UNITS
        return len(self.drawings.panes[shown].places.at(x, y)) <= QUICK_UNITS

    def tile(self, layer: str, z: int, x: int, y: int) -> Tile:
        """Return a tile of a layer that is drawn."""
        key = (layer, z, x, y)
        found = self.cache.get(key)
        if found is None:
            found = Tile(self._encoded(layer, z, x, y))
            self.cache.put(key, found)
        return found

    def _encoded(self, layer: str, z: int, x: int, y: int) -> bytes:
        drawings, shown = self.drawings, self._panes.get((layer, z))
        if shown is None:
            labels = drawings.labels
            return label_layer(layer, labels, labels.rows_at(z, x, y), drawings.values, z)
        return polygon_layer(layer, drawings.panes[shown], drawings.values, (x, y))

    def followed(self, version: MapVersion, drawings: Drawings, altered: Alterations) -> "Shelf":
        """Return the tiles of a later version; those that no change touches stay."""
        dirty = {shown: set(dirty_tiles(one).tolist()) for shown, one in altered.panes.items()}
        label = {
            z: set(dirty_label_tiles(altered.labels, drawings.values, z).tolist())
            for z in self._label_zooms
        }

        def is_dirty(key: tuple[str, int, int, int]) -> bool:
            layer, z, x, y = key
            shown = self._panes.get((layer, z))
            touched = label.get(z, ()) if shown is None else dirty.get(shown, ())
            return (x << 32 | y) in touched

        return Shelf(version, self.depths, drawings, self.cache.without(is_dirty))
