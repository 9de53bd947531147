"""Sizes on the ellipsoid (GRS80), for defects that may lie anywhere and need no planar CRS."""

import math

import shapely
from pyproj import Geod
from shapely import Geometry

_GEOD = Geod(ellps="GRS80")


def ellipsoid_area_m2(geometry: Geometry) -> float:
    """Area in square metres of a geometry in degrees whose edges are straight in degrees.

    The square degree at the centroid, pi / 180 squared times the radii of curvature M and
    N cos(lat), times the area: exact to the second order of the extent, below 1e-4 for a city. A
    geodesic area would not do: over 1 km a geodesic bows 1 cm off the edge, wider than a sliver.
    """
    lat = math.radians(float(shapely.get_y(shapely.centroid(geometry))))
    shrink = 1.0 - _GEOD.es * math.sin(lat) ** 2
    meridian = _GEOD.a * (1.0 - _GEOD.es) / shrink**1.5
    parallel = _GEOD.a / math.sqrt(shrink) * math.cos(lat)
    return float(shapely.area(geometry) * math.radians(1.0) ** 2 * meridian * parallel)


def geodesic_length_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Distance between two points in degrees, in metres."""
    return float(_GEOD.inv(lon1, lat1, lon2, lat2)[2])
