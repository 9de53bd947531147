"""Where a polygon's label stands: the middle of the largest circle that fits into it.

That place is called the pole of inaccessibility (Garcia-Castellanos and Lombardo 2007). It is
reckoned in Web Mercator, as the polygon is seen on a map, by GEOS's search over ever smaller cells,
and depends on the polygon alone.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.generalise.frame import to_fine
from gridgeo.geometry.lattice import to_lattice
from gridgeo.geometry.segments import shape_array

NEARNESS = 1 / 64
"""How near to the best place the search may stop, as a share of the polygon's box."""

Ints = NDArray[np.int64]


class Poles(NamedTuple):
    """Poles of n polygons.

    Attributes
    ----------
    xy : int64 (n, 2)
        The places in fine units, x east and y south.
    widths : int64 (n,)
        How wide the largest circle about each place is that fits, in fine units, rounded down.
    """

    xy: Ints
    widths: Ints


def poles_of(shapes: Sequence[Polygon | MultiPolygon]) -> Poles:
    """Return the poles of polygons in degrees, on the lattice.

    A place lies within its polygon, but for half a fine unit (0.3 mm) by which it is rounded.
    """
    if not len(shapes):
        return Poles(np.empty((0, 2), dtype=np.int64), np.empty(0, dtype=np.int64))
    ground = shapely.transform(shape_array(shapes), _fine)
    west, north, east, south = shapely.bounds(ground).T
    tolerance = np.maximum(east - west, south - north) * NEARNESS
    radii = shapely.maximum_inscribed_circle(ground, tolerance)
    xy = np.floor(shapely.get_coordinates(radii)[::2] + 0.5).astype(np.int64)
    return Poles(xy, np.floor(2.0 * shapely.length(radii)).astype(np.int64))


def _fine(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    return to_fine(to_lattice(degrees).astype(np.int64)).astype(np.float64)
