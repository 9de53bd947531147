"""Planar sizes by one engine, and points of any known coordinate system as WGS84.

CGCS2000 (EPSG:4490) is treated as equal to WGS84 (EPSG:4326).
"""

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely import Geometry

from gridgeo.geometry import datum
from gridgeo.geometry.errors import UnknownCrs
from gridgeo.geometry.lattice import require_coordinates

Array = NDArray[np.float64]
Pair = tuple[Array, Array]
Place = tuple[float, float]

_CGCS2000 = "EPSG:4490"
_WGS84 = "EPSG:4326"

_DATUMS = {
    "gcj02": (datum.wgs84_to_gcj02, datum.gcj02_to_wgs84),
    "bd09": (datum.wgs84_to_bd09, datum.bd09_to_wgs84),
}


class Planar:
    """Metres and square metres in a projected CRS, such as EPSG:4547 for Zhengzhou.

    Vertices are projected, edges stay straight between them.
    """

    def __init__(self, srid: int) -> None:
        self.srid = srid
        self._transformer = _from_degrees("srid", srid, f"EPSG:{srid}")

    def xy(self, lon: ArrayLike, lat: ArrayLike) -> Pair:
        """Easting and northing in metres of points in degrees, same shape."""
        return _transformed(self._transformer, lon, lat)

    def point(self, lon: float, lat: float) -> Place:
        """Easting and northing in metres of one point in degrees; infinite where there are none."""
        return _point(self.srid, lon, lat)

    def project(self, geometry: Geometry) -> Geometry:
        """Return a geometry in degrees as one in metres."""
        projected: Geometry = shapely.transform(geometry, self._columns)
        return projected

    def project_all(self, geometries: Sequence[Geometry]) -> NDArray[np.object_]:
        """Return many geometries in degrees as an array of them in metres, in their order."""
        shapes = np.array(geometries, dtype=object)
        projected: NDArray[np.object_] = shapely.transform(shapes, self._columns)
        return projected

    def area_m2(self, geometry: Geometry) -> float:
        """Area in square metres of a geometry in degrees."""
        return float(shapely.area(self.project(geometry)))

    def areas_m2(self, geometries: Sequence[Geometry]) -> Array:
        """Areas in square metres of many geometries in degrees, in their order."""
        return np.asarray(shapely.area(self.project_all(geometries)), dtype=np.float64)

    def length_m(self, geometry: Geometry) -> float:
        """Length, or perimeter, in metres of a geometry in degrees."""
        return float(shapely.length(self.project(geometry)))

    def distance_m(self, one: Geometry, other: Geometry) -> float:
        """Shortest distance in metres between two geometries in degrees."""
        return float(shapely.distance(self.project(one), self.project(other)))

    def _columns(self, lonlat: Array) -> Array:
        return np.column_stack(self.xy(lonlat[:, 0], lonlat[:, 1]))


@lru_cache(maxsize=1024)
def _point(srid: int, lon: float, lat: float) -> Place:
    """Return one point in metres; a question asks for its point by several ways."""
    x, y = _transformer(f"EPSG:{srid}").transform(lon, lat)
    return float(x), float(y)


def to_wgs84(x: ArrayLike, y: ArrayLike, crs: str) -> Pair:
    """Longitude and latitude (degrees) of points given in a named coordinate system.

    Parameters
    ----------
    x, y
        Easting and northing, or lon and lat, in the units of the system; same shape.
    crs
        "EPSG:<number>", "GCJ-02" or "BD-09" (also "gcj02", "bd09"), in any case.

    Raises
    ------
    UnknownCrs
        When nobody knows the system.
    NotACoordinate
        When a point is not finite, or has no place in WGS84; names the row.
    """
    east, north = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    require_coordinates(east, north)
    name = _plain(crs)
    if name in _DATUMS:
        return _DATUMS[name][1](east, north)
    lon, lat = _transformed(_from_degrees("crs", crs, name), east, north, inverse=True)
    require_coordinates(lon, lat)
    return lon, lat


def from_wgs84(lon: ArrayLike, lat: ArrayLike, crs: str) -> Pair:
    """Points in degrees as x, y of a named coordinate system; the inverse of `to_wgs84`."""
    name = _plain(crs)
    if name in _DATUMS:
        return _DATUMS[name][0](lon, lat)
    return _transformed(_from_degrees("crs", crs, name), lon, lat)


def _plain(crs: str) -> str:
    name = crs.strip().lower()
    return name.upper() if name.startswith("epsg:") else name.replace("-", "")


def _from_degrees(key: str, value: object, name: str) -> Transformer:
    code = name.removeprefix("EPSG:")
    if code == name or not code.isdecimal():
        raise UnknownCrs(key, value)
    try:
        return _transformer(name)
    except CRSError as error:
        raise UnknownCrs(key, value) from error


@cache
def _transformer(name: str) -> Transformer:
    """From degrees to a CRS; from CGCS2000 where it is built on that, to avoid a ballpark shift."""
    target = CRS.from_user_input(name)
    geodetic = target.geodetic_crs
    source = CRS.from_user_input(_CGCS2000)
    if geodetic is None or not geodetic.equals(source):
        source = CRS.from_user_input(_WGS84)
    return Transformer.from_crs(source, target, always_xy=True)


def _transformed(
    transformer: Transformer, x: ArrayLike, y: ArrayLike, inverse: bool = False
) -> Pair:
    direction = "INVERSE" if inverse else "FORWARD"
    east, north = transformer.transform(
        np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64), direction=direction
    )
    return np.asarray(east, dtype=np.float64), np.asarray(north, dtype=np.float64)
