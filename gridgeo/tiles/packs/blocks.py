"""Which tiles a pack holds, and in which order: that of PMTiles, block after block.

PMTiles number the tiles of all zooms along Hilbert curves, one zoom after the other
(https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md#41-directory-entries). A block is a
square of up to 16 x 16 tiles of one zoom; its numbers follow one another, and blocks in ascending
order give all tiles in ascending order.
"""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pmtiles.tile import tileid_to_zxy, zxy_to_tileid

from gridgeo.geometry.generalise.frame import EXTENT, FINE_BITS, to_fine
from gridgeo.geometry.lattice import to_lattice
from gridgeo.tiles.drawn.sheet import BUFFER
from gridgeo.units.model import Shape

BLOCK_BITS = 4
"""A block is at most 2**4 tiles wide."""

Place = tuple[int, int, int]
"""Zoom, column, row of a tile, from the north-west."""


class Block(NamedTuple):
    """A square of tiles of one zoom, `2**bits` wide, whose numbers begin at `first`."""

    zoom: int
    first: int
    bits: int

    @property
    def numbers(self) -> range:
        """The numbers of its tiles."""
        return range(self.first, self.first + (1 << 2 * self.bits))

    @property
    def reach(self) -> tuple[int, int, int, int]:
        """West column, north row, east column, south row of its tiles; all inclusive."""
        _, x, y = tileid_to_zxy(self.first)
        left, top, more = x >> self.bits << self.bits, y >> self.bits << self.bits, 1 << self.bits
        return left, top, left + more - 1, top + more - 1


class Ground(NamedTuple):
    """What a pack covers: the tiles that meet a box, or a shape within it.

    Attributes
    ----------
    box : tuple of int
        West, north, east, south in fine units, see `geometry.generalise.frame`.
    shape : shapely polygon or multipolygon, optional
        In fine units.
    """

    box: tuple[int, int, int, int]
    shape: Shape | None = None

    @classmethod
    def of_bounds(cls, west: float, south: float, east: float, north: float) -> "Ground":
        """Return the ground within a box in degrees."""
        corners = _fine(np.array([(west, north), (east, south)]))
        left, top, right, bottom = (int(side) for side in corners.ravel())
        return cls((left, top, right, bottom))

    @classmethod
    def of_shape(cls, shape: Shape) -> "Ground":
        """Return the ground of a shape in degrees."""
        fine: Shape = shapely.transform(shape, _fine)
        shapely.prepare(fine)
        left, top, right, bottom = (int(side) for side in fine.bounds)
        return cls((left, top, right, bottom), fine)

    def columns(self, zoom: int) -> tuple[int, int, int, int]:
        """West column, north row, east column, south row of the tiles of a zoom; all inclusive."""
        bits, last = FINE_BITS - zoom, (1 << zoom) - 1
        margin = 0 if self.shape is None else _margin(zoom)
        west, north, east, south = self.box
        sides = (west - margin, north - margin, east + margin, south + margin)
        left, top, right, bottom = (min(max(side >> bits, 0), last) for side in sides)
        return left, top, right, bottom

    def blocks(self, minzoom: int, maxzoom: int) -> list[Block]:
        """Return all blocks that may hold tiles, ascending."""
        return [block for zoom in range(minzoom, maxzoom + 1) for block in self._blocks(zoom)]

    def _blocks(self, zoom: int) -> list[Block]:
        bits = min(BLOCK_BITS, zoom)
        left, top, right, bottom = (side >> bits for side in self.columns(zoom))
        wide = zoom - bits
        base, above = zxy_to_tileid(zoom, 0, 0), zxy_to_tileid(wide, 0, 0)
        return [
            Block(zoom, base + (number - above << 2 * bits), bits)
            for number in sorted(
                zxy_to_tileid(wide, x, y)
                for x in range(left, right + 1)
                for y in range(top, bottom + 1)
            )
        ]

    def tiles(self, block: Block) -> list[tuple[int, Place]]:
        """Return the tiles of a block that meet the ground, with their numbers, ascending."""
        left, top, right, bottom = self.columns(block.zoom)
        found = []
        for number in block.numbers:
            _, x, y = place = tileid_to_zxy(number)
            if left <= x <= right and top <= y <= bottom:
                found.append((number, place))
        if self.shape is None or not found:
            return found
        meets = shapely.intersects(self.shape, _boxes(np.array([place for _, place in found])))
        return [tile for tile, is_met in zip(found, meets.tolist(), strict=True) if is_met]


def _fine(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fine units of places in degrees, (n, 2) each."""
    return to_fine(to_lattice(lonlat).astype(np.int64)).astype(np.float64)


def _margin(zoom: int) -> int:
    """Fine units of the buffer of a tile."""
    return BUFFER * (1 << FINE_BITS - zoom) // EXTENT


def _boxes(places: NDArray[np.int64]) -> NDArray[np.object_]:
    """Tiles of one zoom with their buffers, as boxes in fine units."""
    zoom = int(places[0, 0])
    wide, margin = 1 << FINE_BITS - zoom, _margin(zoom)
    left, top = places[:, 1] * wide - margin, places[:, 2] * wide - margin
    across = wide + 2 * margin
    return np.asarray(shapely.box(left, top, left + across, top + across), dtype=np.object_)
