"""The tiles of one map version in one process, layer by layer as the server gives them."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from gridgeo.errors import Unavailable
from gridgeo.geometry.shifting import box_before
from gridgeo.geometry.squares import BUFFER, Box, square_of
from gridgeo.tiles.cache import TileCache
from gridgeo.tiles.drawn.kept import TileFiles
from gridgeo.tiles.drawn.live import depths_of
from gridgeo.tiles.drawn.scheme import scheme_of
from gridgeo.tiles.drawn.shelf import Shelf
from gridgeo.tiles.model import Chosen, TileLayer, TileRequest
from gridgeo.tiles.packs.blocks import Block, Place
from gridgeo.tiles.packs.staging import Numbered
from gridgeo.tiles.store import encode_layers
from gridgeo.units.model import MapVersion

Boxes = NDArray[np.float64]

_GZIP = 16 + zlib.MAX_WBITS
_LEVEL = 6

_NEAR_DEG = 1e-4
"""PostGIS compares boxes of single precision, which are up to a metre too wide."""

_BOXES = (
    b"SELECT ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom) FROM (%s) AS near"
    b" WHERE geom IS NOT NULL"
)


@dataclass(frozen=True)
class Recipe:
    """What tiles are made of.

    Parameters
    ----------
    version
        The map version.
    layers
        The layers that are drawn ahead, by name.
    chosen
        The layers to show.
    datum
        Of all vertices, WGS 84 unless said.
    folder
        Where the drawings of the version are kept.
    """

    version: MapVersion
    layers: Mapping[str, TileLayer]
    chosen: Chosen
    datum: str | None
    folder: Path

    def before(self, box: Box) -> Box:
        """Return where in WGS 84 lies what comes into a box of the datum."""
        return box if self.datum is None else box_before(box, self.datum)


class Press:
    """Makes tiles by a recipe; `conn` sees one instant of the database throughout.

    Raises
    ------
    Unavailable
        The drawings of the version are not where the recipe says.
    """

    def __init__(self, conn: Connection[Any], recipe: Recipe) -> None:
        self._conn = conn
        self._recipe = recipe
        depths = depths_of(conn, recipe.layers)
        found = TileFiles(recipe.folder, recipe.datum).newest(
            conn, scheme_of(recipe.layers, depths)
        )
        if found is None or found[0] != recipe.version:
            raise Unavailable(f"{recipe.folder} has no drawings of version {recipe.version}.")
        self._shelf = Shelf(found[0], depths, found[1], TileCache(1))

    def tiles(self, block: Block, places: Sequence[tuple[int, Place]]) -> Iterator[Numbered]:
        """Yield tiles of a block as the server gives them; empty where nothing lies in one."""
        boxes = {layer.name: self._boxes(layer, block) for layer in self.undrawn(block.zoom)}
        return ((number, self._tile(place, boxes)) for number, place in places)

    def undrawn(self, zoom: int) -> list[TileLayer]:
        """Return the layers that come from PostGIS at a zoom."""
        layers = self._recipe.chosen.at(zoom)
        return [layer for layer in layers if not self._shelf.shows(layer.name, zoom)]

    def _boxes(self, layer: TileLayer, block: Block) -> Boxes:
        """Boxes of what a layer shows in a block, (n, 4) in degrees: in few tiles is something."""
        left, top, _, _ = block.reach
        place = (block.zoom - block.bits, left >> block.bits, top >> block.bits)
        reach = self._recipe.before(square_of(*place, buffer=BUFFER / (1 << block.bits)))
        request = self._request((block.zoom, left, top), (layer,))
        near = request.parameters(layer.layer, reach)
        rows = self._conn.execute(_BOXES % layer.layer.statement, near).fetchall()
        return np.array(rows, dtype=np.float64).reshape(-1, 4)

    def _tile(self, place: Place, boxes: Mapping[str, Boxes]) -> bytes:
        """Return a tile, as the server gives it; empty when nothing lies in it."""
        layers = self._recipe.chosen.at(place[0])
        square = self._recipe.before(square_of(*place))
        asked = [one for one in layers if one.name in boxes and _any_meets(boxes[one.name], square)]
        found = dict.fromkeys((one.name for one in layers), b"")
        if asked:
            encoded = encode_layers(self._conn, self._request(place, tuple(asked)))
            found |= {one.name: part for one, part in zip(asked, encoded, strict=True)}
        drawn = (one.name for one in layers if one.name not in boxes)
        found |= {name: self._shelf.tile(name, *place).plain for name in drawn}
        return b"".join(found.values())

    def _request(self, place: Place, layers: tuple[TileLayer, ...]) -> TileRequest:
        return TileRequest(layers, *place, self._recipe.version.version, self._recipe.datum)


def _any_meets(boxes: Boxes, square: Box) -> bool:
    west, south, east, north = square
    return bool((
        (boxes[:, 0] <= east + _NEAR_DEG) & (boxes[:, 2] >= west - _NEAR_DEG)
        & (boxes[:, 1] <= north + _NEAR_DEG) & (boxes[:, 3] >= south - _NEAR_DEG)
    ).any())  # fmt: skip


def packed(plain: bytes) -> bytes:
    """Return bytes packed by gzip, nothing as nothing; equal bytes give equal ones."""
    if not plain:
        return b""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(plain) + packer.flush()
