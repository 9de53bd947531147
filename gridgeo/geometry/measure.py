"""Sizes on the ellipsoid (GRS80), for defects that may lie anywhere and need no planar CRS."""

import shapely
from pyproj import Geod
from shapely import Geometry

_GEOD = Geod(ellps="GRS80")


def geodesic_area_m2(geometry: Geometry) -> float:
    """Area of a polygon or multipolygon in degrees, in square metres, never negative."""
    area, _ = _GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))
    return abs(float(area))


def geodesic_length_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Distance between two points in degrees, in metres."""
    return float(_GEOD.inv(lon1, lat1, lon2, lat2)[2])
