"""From a file's coordinates to degrees on the lattice; what cannot lie in the city is refused."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from gridgeo.errors import BadInput, SwappedAxes
from gridgeo.files.model import Layer
from gridgeo.geometry.crs import to_wgs84
from gridgeo.geometry.errors import NotACoordinate, UnknownCrs
from gridgeo.geometry.lattice import to_degrees, to_lattice

Array = NDArray[np.float64]
ToDegrees = Callable[[Array, Array], tuple[Array, Array]]

SHIFTED = ("gcj02", "bd09")
MARGIN_DEGREES = 1.5  # half a zone of three degrees: a city may reach beyond its zone
CHINA = (73.0, 3.0, 136.0, 54.0)


class Zone(NamedTuple):
    """Where a city may lie: west, south, east, north in degrees."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def of_planar(cls, srid: int) -> "Zone":
        """Return the area of use of a planar CRS, widened; China where it has none.

        Raises `BadInput` when nobody knows the CRS.
        """
        try:
            area = CRS.from_epsg(srid).area_of_use
        except CRSError as error:
            raise BadInput(
                f"The city profile's planar_srid {srid} is no EPSG code.", key="planar_srid"
            ) from error
        if area is None:
            return cls(*CHINA)
        return cls(
            area.west - MARGIN_DEGREES, area.south - MARGIN_DEGREES,
            area.east + MARGIN_DEGREES, area.north + MARGIN_DEGREES,
        )  # fmt: skip

    def holds(self, lon: Array, lat: Array) -> NDArray[np.bool_]:
        """Say of each point whether it lies inside; false for what is not a number."""
        inside = (lon >= self.west) & (lon <= self.east)
        return np.asarray(inside & (lat >= self.south) & (lat <= self.north), dtype=np.bool_)


def on_the_lattice(layer: Layer, zone: Zone, crs: str | None = None) -> Layer:
    """Bring the shapes of a layer to degrees on the lattice; repeated vertices are dropped.

    Parameters
    ----------
    crs : str, optional
        Anything PROJ knows, "gcj02" or "bd09"; overrides what the file says. A shifted datum has
        no number that a file could say: there a column `datum`, as an export writes it, counts.

    Raises
    ------
    BadInput
        Neither file nor caller says the CRS, nobody knows it, or a vertex cannot be in the zone:
        names feature and value.
    SwappedAxes
        A vertex lies in the zone only with its axes exchanged.
    """
    said = crs or _datum(layer) or layer.crs
    if said is None:
        raise BadInput(
            f"{layer.file} does not say its coordinate system; say it with --crs, for example "
            "--crs EPSG:4490, --crs EPSG:4547 or --crs gcj02.",
            key="crs",
        )
    shapes = shapely.force_2d(layer.shapes)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    degrees = degrees_in(xy, said, zone, lambda row: _vertex(layer, int(owner[row])))
    moved = shapely.set_coordinates(shapes.copy(), to_degrees(to_lattice(degrees)))
    return replace(layer, crs=spelled(said), shapes=shapely.remove_repeated_points(moved, 0.0))


def _datum(layer: Layer) -> str | None:
    """Return the shifted datum that the column `datum` names in every row, None without."""
    named = {str(value).lower().replace("-", "") for value in layer.columns.get("datum", ())}
    return named.pop() if len(named) == 1 and named <= set(SHIFTED) else None


def degrees_in(xy: Array, crs: str, zone: Zone, name: Callable[[int], str]) -> Array:
    """Return points (n, 2) of a CRS as degrees inside a zone; `name` calls a row for messages."""
    convert = converter(crs)
    bad = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if len(bad):
        raise _nowhere(name, int(bad[0]), xy, crs, "is not a number")
    try:
        lon, lat = convert(xy[:, 0], xy[:, 1])
    except NotACoordinate as error:
        lon = lat = np.full(len(xy), np.nan)
        lon[: error.row], lat[: error.row] = zone.west, zone.south
    outside = np.flatnonzero(~zone.holds(lon, lat))
    if len(outside):
        row = int(outside[0])
        raise _explained(xy, crs, zone, name, row, (float(lon[row]), float(lat[row])))
    return np.column_stack((lon, lat))


def converter(crs: str) -> ToDegrees:
    """Return what turns x, y of a named CRS into degrees; raises `BadInput` for an unknown one."""
    plain = crs.strip().lower().replace("-", "")
    if plain in SHIFTED:
        return partial(to_wgs84, crs=plain)
    try:
        found = CRS.from_user_input(crs)
    except CRSError as error:
        raise BadInput(
            f"Nobody knows the coordinate system {crs[:80]!r}; give an EPSG code such as "
            "EPSG:4547, gcj02 or bd09.",
            key="crs",
            value=crs,
        ) from error
    authority = found.to_authority()
    if authority is not None and authority[0] == "EPSG":
        try:
            return partial(to_wgs84, crs=":".join(authority))
        except UnknownCrs as error:
            raise BadInput(str(error), key="crs", value=crs) from error
    return Transformer.from_crs(found, "EPSG:4326", always_xy=True).transform


def spelled(crs: str) -> str:
    """Return the one name of a known CRS: "EPSG:4547", "gcj02", or what was given without one."""
    plain = crs.strip().lower().replace("-", "")
    authority = None if plain in SHIFTED else CRS.from_user_input(crs).to_authority()
    if authority is not None:
        return ":".join(authority)
    return plain if plain in SHIFTED else crs


def _vertex(layer: Layer, row: int) -> str:
    code = layer.columns["code"][row] if "code" in layer.columns else None
    return layer.feature(row) + ("" if code is None else f" (code {code})")


def _explained(
    xy: Array, crs: str, zone: Zone, name: Callable[[int], str], row: int,
    found: tuple[float, float],
) -> BadInput:  # fmt: skip
    """Return the error that fits a point outside the zone, found there in degrees."""
    (x, y), (lon, lat) = xy[row].tolist(), found
    if _lies_in(zone, crs, y, x):
        return SwappedAxes(
            f"{name(row)}: x = {x:.10g}, y = {y:.10g} lie in the city's zone only with the axes "
            "exchanged; coordinates must be lon, lat (or easting, northing). Exchange them where "
            "the file comes from, in QGIS by 'Swap X and Y coordinates'.",
            key="axes",
            value=f"{x:.10g}, {y:.10g}",
        )
    if has_degrees(crs) and not (abs(x) <= 180.0 and abs(y) <= 90.0):
        return _nowhere(name, row, xy, crs, "cannot be degrees, as this system has them")
    there = f"lies at lon {lon:.6g}, lat {lat:.6g}, outside the zone of the city's planar system"
    bounds = f"({zone.west:g} to {zone.east:g} E, {zone.south:g} to {zone.north:g} N)"
    return _nowhere(name, row, xy, crs, f"{there} {bounds}")


def _lies_in(zone: Zone, crs: str, x: float, y: float) -> bool:
    try:
        lon, lat = converter(crs)(np.array([x]), np.array([y]))
    except NotACoordinate:
        return False
    return bool(zone.holds(lon, lat)[0])


def has_degrees(crs: str) -> bool:
    """Whether coordinates of a CRS are degrees; `crs` must be known (see `converter`)."""
    return crs.lower().replace("-", "") in SHIFTED or CRS.from_user_input(crs).is_geographic


def _nowhere(name: Callable[[int], str], row: int, xy: Array, crs: str, why: str) -> BadInput:
    x, y = xy[row].tolist()
    return BadInput(
        f"{name(row)}: x = {x:.10g}, y = {y:.10g} in {crs[:40]} {why}. If the file was drawn in "
        "another coordinate system, say it with --crs.",
        key="crs",
        value=crs,
    )
