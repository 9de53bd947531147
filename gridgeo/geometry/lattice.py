"""The lattice: coordinates are integers n = round(degrees * 1e7), stored as the double n / 1e7.

Snapping happens only here and in `noding.py`: PostGIS and shapely snap to different doubles in a
third of all cases, so the map is brought to the lattice once and never again.
"""

from typing import Any, TypeVar

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely import Geometry

from gridgeo.geometry.errors import CollapsedRing, InvalidShape, NotACoordinate, OffLattice
from gridgeo.geometry.rings import rings_of_one

SCALE = 10_000_000

AnyGeometry = TypeVar("AnyGeometry", bound=Geometry)


def require_coordinates(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> None:
    """Raise `NotACoordinate`, naming the first row that is NaN or infinite."""
    for key, values in (("lon", lon), ("lat", lat)):
        bad = ~np.isfinite(values)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise NotACoordinate(key, float(values.ravel()[row]), row)


def to_lattice(degrees: ArrayLike) -> NDArray[np.int32]:
    """Nearest lattice number of each coordinate, same shape, halves to even.

    Raises
    ------
    NotACoordinate
        For NaN, an infinity, or more than 180 degrees either way.
    """
    values = np.asarray(degrees, dtype=np.float64)
    bad = ~(np.abs(values) <= 180.0)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise NotACoordinate("degrees", float(values.ravel()[row]), row)
    return np.asarray(np.rint(values * SCALE), dtype=np.int32)


def to_degrees(n: ArrayLike) -> NDArray[np.float64]:
    """Degrees of each lattice number: the double nearest to n / 1e7, same shape."""
    return np.asarray(np.asarray(n, dtype=np.int64) / SCALE, dtype=np.float64)


def on_lattice(degrees: ArrayLike) -> NDArray[np.bool_]:
    """Whether each coordinate, in degrees, is a lattice double; false for NaN and out of range."""
    values = np.asarray(degrees, dtype=np.float64)
    usable = np.abs(values) <= 180.0
    near = np.rint(np.where(usable, values, 0.0) * SCALE) / SCALE
    return np.asarray(usable & (near == values), dtype=np.bool_)


def require_lattice(shapes: NDArray[Any]) -> None:
    """Raise `OffLattice`, naming the first shape of the array with a vertex off the lattice."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    bad = ~on_lattice(xy).all(axis=1)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise OffLattice(int(owner[row]), float(xy[row, 0]), float(xy[row, 1]))


def snap(geometry: AnyGeometry) -> AnyGeometry:
    """Bring every vertex of a geometry (degrees) to the lattice; repeated vertices are dropped.

    The geometry keeps its type, its ring starts and directions; a third dimension is dropped.

    Raises
    ------
    NotACoordinate
        When a vertex is no coordinate.
    CollapsedRing
        When a ring keeps fewer than three different corners.
    InvalidShape
        When the snapped geometry is not valid.
    """
    moved = shapely.transform(shapely.force_2d(geometry), _snapped)
    _require_open_rings(moved)
    clean: AnyGeometry = shapely.remove_repeated_points(moved, 0.0)
    require_valid(clean)
    return clean


def _snapped(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    beyond = np.flatnonzero(np.abs(xy[:, 1]) > 90.0)
    if len(beyond):
        raise NotACoordinate("lat", float(xy[beyond[0], 1]), int(beyond[0]))
    return to_degrees(to_lattice(xy))


def _require_open_rings(geometry: Geometry) -> None:
    for ring in rings_of_one(geometry):
        corners = shapely.get_coordinates(ring)
        if len(np.unique(corners, axis=0)) < 3:
            raise CollapsedRing(float(corners[0, 0]), float(corners[0, 1]))


def require_valid(geometry: Geometry) -> None:
    """Raise `InvalidShape` with GEOS's reason when the geometry is not valid."""
    if shapely.is_valid(geometry):
        return
    reason, lon, lat = invalid_place(geometry)
    raise InvalidShape(f"{reason} at ({lon}, {lat})", key="reason", value=reason, lon=lon, lat=lat)


def invalid_place(geometry: Geometry) -> tuple[str, float, float]:
    """Reason, longitude and latitude of what makes a geometry invalid, by GEOS."""
    reason, _, place = str(shapely.is_valid_reason(geometry)).partition("[")
    lon, lat = (float(value) for value in place.rstrip("]").split()[:2])
    return reason.strip(), lon, lat
