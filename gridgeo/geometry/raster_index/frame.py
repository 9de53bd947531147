"""Where the raster lies: square cells of two levels over the box of the city.

A coordinate in *fine units* is (degrees - origin) * scale. A cell of the first level is `FINE`
units wide, one of the second level `FINE / 2**k`. The cell of a point comes from the floor of a
monotone function of its double, so cells are half-open intervals of doubles without gaps.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FINE_BITS = 6
FINE = 1 << FINE_BITS

_MIN_CELL = 1e-5  # degrees; keeps rounding of fine units far below the margin of `spans.py`
_MAX_CELLS = 1 << 26

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class Frame(NamedTuple):
    """South-west corner in degrees, fine units per degree, cells of the first level."""

    west: float
    south: float
    scale: float
    columns: int
    rows: int

    @classmethod
    def over(cls, bounds: tuple[float, float, float, float], cells: int) -> "Frame":
        """Lay about `cells` cells over a box, with a ring of cells outside around it."""
        west, south, east, north = bounds
        width, height = east - west, north - south
        cell = max((width * height / cells) ** 0.5, max(width, height) / _MAX_CELLS**0.5, _MIN_CELL)
        columns, rows = int(width / cell) + 3, int(height / cell) + 3
        return cls(west - 1.25 * cell, south - 1.25 * cell, FINE / cell, columns, rows)

    def fine(self, lon: Array, lat: Array) -> tuple[Array, Array]:
        """Fine units of points in degrees."""
        return (lon - self.west) * self.scale, (lat - self.south) * self.scale

    def degrees(self, u: Array, v: Array) -> tuple[Array, Array]:
        """Degrees of points in fine units, rounded."""
        return u / self.scale + self.west, v / self.scale + self.south

    def whole(self, lon: Array, lat: Array) -> tuple[Ints, Ints]:
        """Whole fine units of points; what is outside comes to the outermost cells."""
        with np.errstate(over="ignore"):
            u, v = self.fine(lon, lat)
        return (
            np.clip(u, 0, self.columns * FINE - 1, out=u).astype(np.int64),
            np.clip(v, 0, self.rows * FINE - 1, out=v).astype(np.int64),
        )
