"""Web Mercator in whole numbers: fine units for exact arithmetic, tile units for what is drawn.

The world is 2**36 fine units wide (0.6 mm), counted from its north-west corner, x east and y south.
At zoom z it is 2**(12 + z) tile units wide, 4,096 for each tile, so a tile unit is 2**(24 - z) fine
units. Everything is computed value by value: a place has the same numbers in every company.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.compiled import compiled

EXTENT_BITS = 12
EXTENT = 1 << EXTENT_BITS
"""Tile units in a tile, each way."""

FINE_BITS = 36
MAX_ZOOM = 18
"""Deepest zoom that is drawn: a tile unit is 64 fine units, and the world 2**30 of them wide."""

MAX_LAT = 85.0511287798066

Ints = NDArray[np.int64]


def unit_bits(zoom: int) -> int:
    """By how many bits a tile unit of a zoom is coarser than a fine unit.

    Raises
    ------
    ValueError
        For a zoom outside 0..`MAX_ZOOM`.
    """
    if not 0 <= zoom <= MAX_ZOOM:
        raise ValueError(f"zoom {zoom} is not in 0..{MAX_ZOOM}")
    return FINE_BITS - EXTENT_BITS - zoom


def to_fine(lattice: Ints) -> Ints:
    """Fine units (n, 2) of lattice points (n, 2); beyond Mercator's latitudes, those of its edge.

    Formula: EPSG:3857, Web Mercator on the sphere of 6,378,137 m, scaled to the world's width.
    """
    made = np.empty(lattice.shape, dtype=np.int64)
    compiled(project)(np.ascontiguousarray(lattice, dtype=np.int64), made)
    return made


def project(lattice: Any, made: Any) -> None:
    """Write fine units of lattice points; one by one, as vector code rounds by position."""
    world = float(1 << FINE_BITS)
    for i in range(len(lattice)):
        lat = min(max(lattice[i, 1] / 1e7, -MAX_LAT), MAX_LAT)
        sine = math.sin(math.radians(lat))
        made[i, 0] = math.floor((lattice[i, 0] / 1e7 / 360.0 + 0.5) * world + 0.5)
        north = math.log((1.0 + sine) / (1.0 - sine)) / (4.0 * math.pi)
        made[i, 1] = math.floor((0.5 - north) * world + 0.5)
