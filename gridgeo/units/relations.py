"""What is near a point, and what stands in a relation to a polygon; every answer at bounded cost.

Metres are those of the city's planar CRS, as in `/locate`, rounded to the millimetre; the database
only finds candidates, by degrees.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import shapely
from psycopg import Connection
from psycopg.rows import dict_row
from shapely import MultiPolygon, Polygon

from gridgeo.db.sql import statement
from gridgeo.errors import BadInput, SwappedAxes, TooLarge, Unavailable
from gridgeo.geometry.authalic import authalic_areas_m2
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.lattice import require_valid
from gridgeo.geometry.relations import ExactPolygon, Relation
from gridgeo.units.model import Shape
from gridgeo.units.store import read_profile

CITY_BOX = statement(__package__, "city_box")
UNITS_NEAR = statement(__package__, "units_near")
RELATED_UNITS = statement(__package__, "related_units")

MAX_K = 100
MAX_WITHIN_M = 10_000.0
MAX_CANDIDATES = 20_000
MAX_VERTICES = 10_000
MAX_AREA_M2 = 1e10
SHAPES_AT_ONCE = 200

_METRES_A_DEGREE = 110_000.0  # less than any degree of latitude, by 0.5 % and more
_MARGIN_M = 0.01

Row = dict[str, Any]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Around:
    """A question: the `k` nearest within so many metres of a point in EPSG:4326 degrees."""

    lon: float
    lat: float
    k: int
    within_m: float

    def box(self, reach_m: float) -> dict[str, float]:
        """Return a box in degrees that holds all within a reach, as parameters of a statement."""
        dlat = reach_m / _METRES_A_DEGREE
        farthest = min(abs(self.lat) + dlat, 89.0)
        dlon = dlat / math.cos(math.radians(farthest))
        return {
            "west": max(self.lon - dlon, -180.0),
            "south": max(self.lat - dlat, -90.0),
            "east": min(self.lon + dlon, 180.0),
            "north": min(self.lat + dlat, 90.0),
        }


def nearest(
    conn: Connection[Any], around: Around, planar: Planar, query: bytes, options: Row
) -> list[Row]:
    """Return the nearest rows of a statement of candidates, by metres and then by code.

    The `k` that are nearest by degrees tell how far the `k` nearest by metres can be; all
    candidates up to there are measured.

    Parameters
    ----------
    query
        Takes lon, lat, west, south, east, north (degrees), limit and the options; yields rows with
        `code` and, as WKB, `shape`, the nearest by degrees first.

    Returns
    -------
    The rows without `shape`, with `distance_m`.

    Raises
    ------
    TooLarge
        More than `MAX_CANDIDATES` are as near as that.
    """
    point = {"lon": around.lon, "lat": around.lat}

    def candidates(reach_m: float, limit: int) -> list[tuple[float, Row]]:
        asked = {**options, **point, **around.box(reach_m), "limit": limit}
        with conn.cursor(row_factory=dict_row) as cursor:
            return _measured(cursor.execute(query, asked).fetchall(), around, planar)

    found = candidates(around.within_m + _MARGIN_M, around.k)
    if len(found) == around.k:
        reach_m = min(found[-1][0], around.within_m) + _MARGIN_M
        found = candidates(reach_m, MAX_CANDIDATES + 1)
    if len(found) > MAX_CANDIDATES:
        raise TooLarge(
            f"More than {MAX_CANDIDATES} are equally near; ask for fewer, k, or for a narrower "
            "circle, within_m.",
            key="k",
            value=around.k,
        )
    near = [(metres, row) for metres, row in found if metres <= around.within_m]
    return [{**row, "distance_m": metres} for metres, row in near[: around.k]]


def _measured(rows: Sequence[Row], around: Around, planar: Planar) -> list[tuple[float, Row]]:
    """Return rows with their metres from the point, nearest first, ties by code in byte order."""
    at = planar.project(shapely.Point(around.lon, around.lat))
    shapes = planar.project_all(list(shapely.from_wkb([row.pop("shape") for row in rows])))
    metres = np.round(shapely.distance(shapes, at), 3).tolist()
    pairs = zip(metres, rows, strict=True)
    return sorted(pairs, key=lambda pair: (pair[0], pair[1]["code"].encode()))


def nearest_units(
    conn: Connection[Any], version: int, around: Around, level: str | None
) -> list[Row]:
    """Return the nearest leaves, or units of a level: code, level, name, distance_m.

    Raises
    ------
    SwappedAxes, BadInput
        The point has exchanged axes, or is none.
    UnknownKeyword
        No such level.
    TooLarge
        As `nearest`.
    """
    profile = read_profile(conn)
    if level is not None:
        profile.level(level)
    refuse_nonsense(city_box(conn, version), around.lon, around.lat)
    options = {"version": version, "level": level}
    return nearest(conn, around, Planar(profile.planar_srid), UNITS_NEAR, options)


def related_units(
    conn: Connection[Any], version: int, geometry: Row, relation: Relation, **query: Any
) -> list[Row]:
    """Return leaves, or units of a level, that stand in a relation to a polygon, in code order.

    Exact on the doubles of both.

    Parameters
    ----------
    geometry
        GeoJSON Polygon or MultiPolygon in EPSG:4326.
    relation
        The unit touches, overlaps, covers, is within or intersects the polygon.
    **query
        `level`, `after`, `limit`.

    Raises
    ------
    BadInput, SwappedAxes, TooLarge
        As `polygon_of`.
    InvalidShape
        The polygon crosses itself.
    UnknownKeyword
        No such level.
    """
    if query["level"] is not None:
        read_profile(conn).level(query["level"])
    shape = polygon_of(geometry, city_box(conn, version))
    asked = {"version": version, "shape": shapely.to_wkb(shape), "relation": relation, **query}
    with conn.cursor("related_units", row_factory=dict_row) as cursor:
        cursor.itersize = SHAPES_AT_ONCE
        stands = _standing(cursor.execute(RELATED_UNITS, asked), ExactPolygon(shape), relation)
        return list(islice(stands, query["limit"]))


def _standing(rows: Iterable[Row], given: ExactPolygon, relation: Relation) -> Iterator[Row]:
    """Return the rows, without `shape`, whose shape, if they have one, stands in a relation."""
    for row in rows:
        wkb = row.pop("shape")
        shape: Shape | None = shapely.from_wkb(wkb)
        if shape is None or ExactPolygon(shape).compare(given).stands(relation):
            yield row


def polygon_of(geometry: Row, city: Box) -> Shape:
    """Read a GeoJSON polygon in degrees.

    Raises
    ------
    BadInput
        It is no polygon, is empty, or leaves the Earth.
    SwappedAxes
        It lies elsewhere, and would lie in the city with lon and lat exchanged.
    TooLarge
        It has too many vertices, or too wide an area.
    InvalidShape
        It crosses itself.
    """
    given: object = shapely.from_geojson(json.dumps(geometry), on_invalid="ignore")
    if not isinstance(given, Polygon | MultiPolygon) or given.is_empty:
        raise BadInput(
            "geometry must be a GeoJSON Polygon or MultiPolygon with closed rings, lon before lat.",
            key="geometry",
            value=geometry.get("type"),
        )
    shape: Shape = shapely.force_2d(given)
    count = int(shapely.get_num_coordinates(shape))
    if count > MAX_VERTICES:
        raise TooLarge(
            f"A polygon may have at most {MAX_VERTICES} vertices; simplify it or ask in parts.",
            key="geometry",
            value=count,
        )
    _refuse_elsewhere(shape.bounds, city)
    require_valid(shape)
    (area_m2,) = authalic_areas_m2(np.array([shape], dtype=object))
    if area_m2 > MAX_AREA_M2:
        raise TooLarge(
            f"A polygon may cover at most {MAX_AREA_M2 / 1e6:,.0f} km2; ask in parts.",
            key="geometry",
            value=f"{area_m2 / 1e6:,.0f} km2",
        )
    return shape


def _refuse_elsewhere(box: Box, city: Box) -> None:
    west, south, east, north = box
    if not _meet(box, city) and _meet((south, west, north, east), city):
        raise _exchanged(city, "geometry", f"{west}, {south} ... {east}, {north}")
    for value, limit in ((west, 180.0), (east, 180.0), (south, 90.0), (north, 90.0)):
        if not abs(value) <= limit:
            raise BadInput(
                "geometry must lie within -180..180 and -90..90 degrees.",
                key="geometry",
                value=value,
            )


def _meet(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def city_box(conn: Connection[Any], version: int) -> Box:
    """Return west, south, east, north of the city at a version, in degrees."""
    row = conn.execute(CITY_BOX, {"version": version}).fetchone()
    if row is None:
        raise Unavailable(f"Map version {version} has no root unit.")
    return (row[0], row[1], row[2], row[3])


def refuse_nonsense(city: Box, lon: float, lat: float) -> None:
    """Raise for a point that cannot be meant.

    Raises
    ------
    SwappedAxes
        It would lie by the city with lon and lat exchanged.
    BadInput
        It is not on Earth.
    """
    west, south, east, north = city
    if west <= lat <= east and south <= lon <= north:
        raise _exchanged(city, "lon", lon)
    for key, value, limit in (("lon", lon, 180.0), ("lat", lat, 90.0)):
        if not abs(value) <= limit:
            raise BadInput(
                f"{key} must lie within -{limit:g}..{limit:g} degrees.", key=key, value=value
            )


def _exchanged(city: Box, key: str, value: object) -> SwappedAxes:
    west, south, east, north = city
    return SwappedAxes(
        f"lon and lat look exchanged: this city lies near lon {west:.2f}..{east:.2f}, lat "
        f"{south:.2f}..{north:.2f}. Send lon first.",
        key=key,
        value=value,
    )
