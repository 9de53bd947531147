"""Points as a city's events lie: around some places, in random order; a few are outside."""

import numpy as np
import shapely
from numpy.typing import NDArray

PLACES = 500

Points = NDArray[np.float64]


def clustered(shapes: NDArray[np.object_], number: int) -> tuple[Points, Points]:
    """Longitudes and latitudes around places in the polygons' box, from a seed."""
    chance = np.random.default_rng(1)
    west, south, east, north = shapely.total_bounds(shapes)
    centres = chance.uniform((west, south), (east, north), (PLACES, 2))
    spread = (east - west) / 60
    points = centres[chance.integers(0, PLACES, number)] + chance.normal(0, spread, (number, 2))
    return points[:, 0].copy(), points[:, 1].copy()
