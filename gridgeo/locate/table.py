"""Many points at once, as columns: what files and frames are answered with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gridgeo.errors import BadInput, GridgeoError, UnknownKeyword
from gridgeo.geometry.crs import to_wgs84
from gridgeo.geometry.errors import NotACoordinate
from gridgeo.locate.model import CityIndex, UnitRef

FIELDS = ("code", "level", "name", "reason")
"""What may be said of a point, in this order unless another is asked for."""

Array = NDArray[np.float64]
Objects = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where n points are, in their order.

    Attributes
    ----------
    lon, lat : float64 (n,)
        Degrees of EPSG:4326; not numbers where a point has no place.
    unit_ids : int32 (n,)
        The leaf of each point, -1 for none.
    errors : mapping of int to str
        "code: sentence" for each bad point, by its row.
    """

    lon: Array
    lat: Array
    unit_ids: NDArray[np.int32]
    errors: Mapping[int, str]

    @property
    def outside(self) -> int:
        """How many good points lie outside the city."""
        return int(np.count_nonzero(self.unit_ids < 0)) - len(self.errors)


def place_all(city: CityIndex, x: ArrayLike, y: ArrayLike, crs: str = "EPSG:4326") -> Placed:
    """Place points given in a coordinate system, shape (n,) both; not a number is a bad point.

    Raises
    ------
    UnknownCrs
        When nobody knows the system.
    """
    east, north = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    lon, lat = np.full(len(east), np.nan), np.full(len(east), np.nan)
    given = np.isfinite(east) & np.isfinite(north)
    lon[given], lat[given] = _degrees(east[given], north[given], crs)
    sound = np.isfinite(lon)
    unit_ids = np.full(len(east), -1, dtype=np.int32)
    unit_ids[sound] = city.index.locate(lon[sound], lat[sound])
    errors = {int(row): _no_point(east[row], north[row]) for row in np.flatnonzero(~sound)}
    return Placed(lon, lat, unit_ids, {**errors, **_impossible(city, lon, lat, unit_ids)})


def point_xy(shapes: Objects) -> tuple[Array, Array]:
    """Coordinates of an array of shapes; not numbers for all but points that have some."""
    is_point = (shapely.get_type_id(shapes) == 0) & ~shapely.is_empty(shapes)
    x, y = np.full(len(shapes), np.nan), np.full(len(shapes), np.nan)
    x[is_point], y[is_point] = shapely.get_x(shapes[is_point]), shapely.get_y(shapes[is_point])
    return x, y


def as_error(error: GridgeoError) -> str:
    """Return an error as one line: its code and its sentence."""
    return f"{error.code}: {error.detail}"


def _degrees(x: Array, y: Array, crs: str) -> tuple[Array, Array]:
    """Degrees of points; halves until those that have no place in WGS84 stand alone."""
    try:
        return to_wgs84(x, y, crs)
    except NotACoordinate:
        if len(x) == 1:
            return np.array([np.nan]), np.array([np.nan])
    middle = len(x) // 2
    west, east = _degrees(x[:middle], y[:middle], crs), _degrees(x[middle:], y[middle:], crs)
    return np.concatenate((west[0], east[0])), np.concatenate((west[1], east[1]))


def _no_point(x: float, y: float) -> str:
    if np.isfinite(x) and np.isfinite(y):
        return as_error(BadInput(f"{x:g}, {y:g} has no place in WGS 84; is the system right?"))
    return as_error(BadInput("A point must be two finite numbers, lon before lat."))


def _impossible(
    city: CityIndex, lon: Array, lat: Array, unit_ids: NDArray[np.int32]
) -> dict[int, str]:
    """Let `place` refuse what is no point outside the city: exchanged axes, not on Earth."""
    west, south, east, north = city.bounds
    exchanged = (west <= lat) & (lat <= east) & (south <= lon) & (lon <= north)
    off_earth = (np.abs(lon) > 180.0) | (np.abs(lat) > 90.0)
    errors = {}
    for row in np.flatnonzero((exchanged | off_earth) & (unit_ids < 0)).tolist():
        try:
            city.place(float(lon[row]), float(lat[row]))
        except BadInput as error:
            errors[row] = as_error(error)
    return errors


class LeafColumns:
    """What is said of each leaf, ready to be taken by many points.

    Attributes
    ----------
    columns : mapping of str to object array (units + 2,)
        Text or None by row of the table; the last row but one is "outside", the last "bad point".
    """

    def __init__(self, city: CityIndex, fields: Iterable[str] = FIELDS, chain: bool = False):
        self._ids = np.sort(np.fromiter(city.leaves, dtype=np.int32))
        leaves = [city.units[unit_id] for unit_id in self._ids.tolist()]
        said: dict[str, list[str | None]] = {
            "code": [leaf.code for leaf in leaves],
            "level": [leaf.level for leaf in leaves],
            "name": [leaf.name for leaf in leaves],
            "reason": [None] * len(leaves),
        }
        columns = {field: [*said[field], None, None] for field in known_fields(fields)}
        if "reason" in columns:
            columns["reason"][-2] = "outside_city"
        if chain:
            columns |= _chain_columns([city.chain(leaf.unit_id) for leaf in leaves])
        self.columns: Mapping[str, Objects] = {
            name: np.array(values, dtype=object) for name, values in columns.items()
        }

    def rows(self, placed: Placed) -> NDArray[np.intp]:
        """Return, for each point, the row of the table that speaks of it."""
        rows = np.searchsorted(self._ids, placed.unit_ids)
        rows[placed.unit_ids < 0] = len(self._ids)
        rows[list(placed.errors)] = len(self._ids) + 1
        return rows


def known_fields(fields: Iterable[str]) -> list[str]:
    """Return the fields asked for; raises `UnknownKeyword` for any other than `FIELDS`."""
    wanted = list(fields)
    for field in wanted:
        if field not in FIELDS:
            raise UnknownKeyword(
                f"Unknown field {field!r}; the fields are {', '.join(FIELDS)}.",
                key="fields",
                value=field,
            )
    return wanted


def _chain_columns(chains: Sequence[tuple[UnitRef, ...]]) -> dict[str, list[str | None]]:
    """Code and name of the unit of each level below the city, from the top down."""
    levels = [unit.level for unit in max(chains, key=len)[1:]]
    columns: dict[str, list[str | None]] = {}
    by_level = [{unit.level: unit for unit in chain} for chain in chains]
    for level in levels:
        units = [found.get(level) for found in by_level]
        codes = [unit.code if unit else None for unit in units]
        names = [unit.name if unit else None for unit in units]
        columns[f"{level}_code"] = [*codes, None, None]
        columns[f"{level}_name"] = [*names, None, None]
    return columns
