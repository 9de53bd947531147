"""The squares of web maps: 2**z tiles each way at zoom z, x from the west, y from the north.

Formula: EPSG:3857, Web Mercator, whose square world ends at 85.05 degrees.
"""

import math

Box = tuple[float, float, float, float]

BUFFER = 64 / 4096
"""Share of a tile's width in which what it shows goes on around it."""


def square_of(z: int, x: int, y: int, buffer: float = BUFFER) -> Box:
    """Return west, south, east, north in degrees of a tile, wider by a share of it on each side."""
    count = 2**z
    west, east = ((x + step) / count * 360.0 - 180.0 for step in (-buffer, 1 + buffer))
    south, north = (latitude((y + step) / count) for step in (1 + buffer, -buffer))
    return west, south, east, north


def latitude(share: float) -> float:
    """Latitude in degrees at a share of the web map's height from the north, which ends at 85."""
    return math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * share))))
