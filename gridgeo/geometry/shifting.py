"""Shapes in GCJ-02 or BD-09, each vertex by itself: what shared a border still shares it.

The formulas are those of `datum.py`, here value by value: arrays are rounded by position, and a
vertex has to come out the same in every company. A place is brought back to the lattice.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from gridgeo.geometry.compiled import compiled
from gridgeo.geometry.crs import to_wgs84
from gridgeo.geometry.lattice import SCALE
from gridgeo.geometry.squares import Box

DATUMS = ("gcj02", "bd09")

_STEPS = 5
_SLACK = 0.001
"""Degrees by which the shift may differ between two of the places looked at, and more."""

Places = NDArray[np.float64]


def shifted(shapes: Iterable[Geometry], datum: str) -> NDArray[np.object_]:
    """Return shapes given in degrees of WGS 84 with all vertices in a datum, on the lattice.

    A vertex that comes to lie on the one before it is left out.
    """
    array = np.array([*shapes, None], dtype=np.object_)[:-1]
    moved = shapely.transform(array, _mover(datum))
    return np.asarray(shapely.remove_repeated_points(moved), dtype=np.object_)


def shifted_box(box: Box, datum: str) -> Box:
    """Return west, south, east, north in a datum of a box in WGS 84, by its corners."""
    corners = np.array([box[:2], box[2:], (box[0], box[3]), (box[2], box[1])])
    moved = _mover(datum)(corners)
    (west, south), (east, north) = moved.min(axis=0).tolist(), moved.max(axis=0).tolist()
    return west, south, east, north


def box_before(box: Box, datum: str) -> Box:
    """Return a box in WGS 84 that holds all that comes to lie in a box of a datum."""
    west, south, east, north = box
    lon, lat = np.meshgrid(np.linspace(west, east, _STEPS), np.linspace(south, north, _STEPS))
    x, y = to_wgs84(lon.ravel(), lat.ravel(), datum)
    return (
        float(x.min()) - _SLACK, float(y.min()) - _SLACK,
        float(x.max()) + _SLACK, float(y.max()) + _SLACK,
    )  # fmt: skip


def _mover(datum: str) -> Callable[[Places], Places]:
    to_bd09 = {"gcj02": False, "bd09": True}[datum]

    def moved(lonlat: Places) -> Places:
        made = np.ascontiguousarray(lonlat, dtype=np.float64).copy()
        compiled(move, gcj_of, bd_of, waves)(made, to_bd09, SCALE)
        return made

    return moved


def move(lonlat: Any, to_bd09: bool, scale: float) -> None:
    """Shift places (n, 2) where they stand, and bring them to the lattice."""
    for i in range(len(lonlat)):
        lon, lat = gcj_of(lonlat[i, 0], lonlat[i, 1])
        if to_bd09:
            lon, lat = bd_of(lon, lat)
        lonlat[i, 0] = np.rint(lon * scale) / scale
        lonlat[i, 1] = np.rint(lat * scale) / scale


def gcj_of(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 of one place in WGS 84; see `datum.wgs84_to_gcj02`."""
    if lon < 72.004 or lon > 137.8347 or lat < 0.8293 or lat > 55.8271:
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    root = math.sqrt(abs(x))
    short = 20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (short + waves(x, 150.0, 300.0)) / 1.5
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (short + waves(y, 160.0, 320.0)) / 1.5
    sine = math.sin(math.radians(lat))
    magic = 1.0 - 0.00669342162296594323 * sine * sine
    meridian = 6378245.0 * (1.0 - 0.00669342162296594323) / (magic * math.sqrt(magic))
    parallel = 6378245.0 / math.sqrt(magic) * math.cos(math.radians(lat))
    return lon + math.degrees(east / parallel), lat + math.degrees(north / meridian)


def waves(value: float, third: float, fourth: float) -> float:
    """Sum of the four long waves of a shift, in metres before their share."""
    return (
        20.0 * math.sin(math.pi * value)
        + 40.0 * math.sin(math.pi * value / 3.0)
        + third * math.sin(math.pi * value / 12.0)
        + fourth * math.sin(math.pi * value / 30.0)
    )


def bd_of(lon: float, lat: float) -> tuple[float, float]:
    """BD-09 of one place in GCJ-02; see `datum.gcj02_to_bd09`."""
    turn = math.pi * 3000.0 / 180.0
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * turn)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * turn)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006
