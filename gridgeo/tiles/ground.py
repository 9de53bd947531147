"""Tiles of what stands on the ground, such as roads and buildings, kept while nobody writes of it.

No version tells when it changes, so a count of all rows ever written does: whoever follows the map
reads it once a second, and when it has grown all tiles go. PostgreSQL counts for a connection that
stays open up to ten seconds late; a standby does not count, and there nothing is kept.
"""

from typing import Any

from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.tiles.cache import Tile, TileCache
from gridgeo.tiles.model import TileLayer

ROWS_WRITTEN = statement(__package__, "rows_written")

TABLES = ("place", "asset", "building", "line_feature", "exclusive_grid")
"""The tables that the layers of the ground show."""

Mark = int | None


class GroundTiles:
    """Tiles of layers that PostGIS makes, by layer, place and map version; for all threads.

    None are kept before the first `look`.
    """

    def __init__(self) -> None:
        self._kept: tuple[Mark, TileCache] = None, TileCache()

    @property
    def mark(self) -> Mark:
        """What has been written so far: to be read before the rows of a tile are."""
        return self._kept[0]

    def look(self, conn: Connection[Any]) -> None:
        """Forget all tiles if anything was written since the last look."""
        row = conn.execute(ROWS_WRITTEN, {"tables": list(TABLES)}).fetchone()
        mark = None if row is None or row[0] is None else int(row[0])
        if mark != self.mark:
            self._kept = mark, TileCache()

    def get(self, layer: TileLayer, version: int, z: int, x: int, y: int) -> Tile | None:
        """Return a tile that is kept."""
        return self._kept[1].get((_name(layer, version), z, x, y))

    def put(
        self, mark: Mark, layer: TileLayer, version: int, z: int, x: int, y: int, tile: Tile
    ) -> None:
        """Keep a tile that was read when `mark` was, unless something was written since."""
        now, tiles = self._kept
        if mark is not None and mark == now:
            tiles.put((_name(layer, version), z, x, y), tile)


def is_ground(layer: TileLayer) -> bool:
    """Say whether a layer shows everybody the same, at any minute, until rows of it are written."""
    one = layer.layer
    return one.permission is None and one.reckon is None and not layer.shows_units


def _name(layer: TileLayer, version: int) -> str:
    return f"{layer.name}:{version}" if layer.has_versions else layer.name
