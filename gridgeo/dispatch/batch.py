"""Many points in one go: whole answers or the lean form, in order, an error in its own row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from math import isfinite
from typing import Any

import numpy as np
from msgspec import Struct

from gridgeo.dispatch.answer import Document, locate_document
from gridgeo.dispatch.deciding import Desk
from gridgeo.errors import BadInput, GridgeoError, UnknownKeyword
from gridgeo.geometry.crs import to_wgs84
from gridgeo.geometry.errors import GeometryError, NotACoordinate, UnknownCrs
from gridgeo.locate.model import UnitRef

LEAN_FIELDS = ("code", "level", "name", "reason")
DEFAULT_CRS = "EPSG:4326"
DEFAULT_SCHEME = "gbt47678"

AT_ONCE = 10_000

_SAME = frozenset({"epsg:4326", "epsg:4490", "4326", "4490"})

Pair = tuple[float, float]


class Ask(Struct, frozen=True):
    """What is asked of every point.

    Parameters
    ----------
    fields : tuple of str
        Of `LEAN_FIELDS`, for the lean form; none for whole answers.
    crs : str
        "EPSG:<number>", the number alone, "GCJ-02" or "BD-09".
    category, scheme : str, optional
        A class code and its scheme; only whole answers regard them.
    """

    fields: tuple[str, ...] = ()
    crs: str = DEFAULT_CRS
    category: str | None = None
    scheme: str = DEFAULT_SCHEME


def lean_fields(fields: Sequence[str] | str | None) -> tuple[str, ...]:
    """Return the fields of a list, or of words with commas; raises `UnknownKeyword`."""
    wanted = fields.split(",") if isinstance(fields, str) else fields or []
    for field in wanted:
        if field not in LEAN_FIELDS:
            raise UnknownKeyword(
                f"Unknown field {field!r}; the lean fields are {', '.join(LEAN_FIELDS)}.",
                key="fields",
                value=field,
            )
    return tuple(wanted)


def place_rows(desk: Desk, points: Iterable[object], ask: Ask) -> Iterator[Document]:
    """Answer points one after the other, reading ahead no more than `AT_ONCE` of them.

    Parameters
    ----------
    desk : Desk
        One map version and one rule set, for all points.
    points : iterable
        Each a list or tuple of x and y, a mapping with `lon` and `lat`, a GeoJSON point or a
        feature of one, in the system of `ask.crs`; anything else has an error for an answer. A
        `BadInput` among them stands for a point that could not be read.

    Yields
    ------
    dict
        For each point, in order: the shape of `LocateAnswer`, or the `fields`, or {"error": ...}
        with code, detail, key and value.

    Raises
    ------
    UnknownCrs
        At the first point, when nobody knows the system.
    """
    answers = _lean if ask.fields else _whole
    rest = iter(points)
    while some := list(islice(rest, AT_ONCE)):
        yield from answers(desk, some, ask)


def require_crs(crs: str) -> None:
    """Raise `UnknownCrs` when nobody knows a coordinate system."""
    to_wgs84((), (), _named(crs))


def degrees_of(x: float, y: float, crs: str) -> Pair:
    """Longitude and latitude of a point in a system; raises `UnknownCrs`, `NotACoordinate`."""
    if crs.lower() in _SAME and isfinite(x) and isfinite(y):
        return x, y
    lon, lat = to_wgs84(x, y, _named(crs))
    return float(lon), float(lat)


def _named(crs: str) -> str:
    return f"EPSG:{crs}" if crs.isdecimal() else crs


def _whole(desk: Desk, points: Sequence[object], ask: Ask) -> Iterator[Document]:
    for point in points:
        try:
            lon, lat = degrees_of(*_pair(point), ask.crs)
            yield locate_document(*desk.decide(lon, lat, 0.0, ask.category, ask.scheme))
        except UnknownCrs:
            raise
        except (GridgeoError, GeometryError) as error:
            yield {"error": row_error(error)}


def row_error(error: GridgeoError | GeometryError) -> Document:
    """Return what is wrong with one point; a lone surrogate, which JSON allows, is written out."""
    code = error.code if isinstance(error, GridgeoError) else error.kind
    detail, value = (
        str(said).encode("utf-8", "backslashreplace").decode() for said in (error, error.value)
    )
    return {"code": code, "detail": detail, "key": error.key, "value": value}


def _pair(point: object) -> Pair:
    """Read the two numbers of a point; raises `BadInput`."""
    if type(point) is list and len(point) == 2:
        x, y = point
        if type(x) is float and type(y) is float and isfinite(x) and isfinite(y):
            return x, y
    if isinstance(point, BadInput):
        raise point
    pair = point if isinstance(point, list | tuple) else _of_mapping(point)
    if len(pair) == 2 and all(type(n) in (int, float) for n in pair):
        with suppress(OverflowError):
            x, y = float(pair[0]), float(pair[1])
            if isfinite(x) and isfinite(y):
                return x, y
    raise BadInput("A point must be [lon, lat], two finite numbers.", key="points", value=point)


def _of_mapping(point: object) -> Sequence[Any]:
    if not isinstance(point, Mapping):
        return ()
    if "lon" in point or "lat" in point:
        return point.get("lon"), point.get("lat")
    place = point.get("geometry") if point.get("type") == "Feature" else point
    if isinstance(place, Mapping) and place.get("type") == "Point":
        found = place.get("coordinates")
        return found if isinstance(found, list) else ()
    return ()


def _lean(desk: Desk, points: Sequence[object], ask: Ask) -> Iterator[Document]:
    pairs: dict[int, Pair] = {}
    errors: dict[int, Document] = {}
    for row, point in enumerate(points):
        try:
            pairs[row] = _pair(point)
        except BadInput as error:
            errors[row] = {"error": row_error(error)}
    try:
        placed = _placed(desk, list(pairs.values()), ask)
    except NotACoordinate:
        return iter([_lean_alone(desk, point, ask) for point in points])
    return (errors.get(row) or next(placed) for row in range(len(points)))


def _placed(desk: Desk, pairs: Sequence[Pair], ask: Ask) -> Iterator[Document]:
    """Answers by the index, all at once; a place with no leaf is looked at by itself."""
    if not pairs:
        return iter(())
    east, north = np.array(pairs).T
    lon, lat = to_wgs84(east, north, _named(ask.crs))
    homes = desk.city.index.locate(lon, lat).tolist()
    known = {-1: lean_document(None, ask.fields)}
    rows = zip(lon.tolist(), lat.tolist(), homes, strict=True)
    return (
        known.get(home) or known.setdefault(home, lean_document(desk.city.units[home], ask.fields))
        if home >= 0
        else _lean_outside(desk, x, y, known[-1])
        for x, y, home in rows
    )


def _lean_alone(desk: Desk, point: object, ask: Ask) -> Document:
    try:
        lon, lat = degrees_of(*_pair(point), ask.crs)
    except (GridgeoError, GeometryError) as error:
        return {"error": row_error(error)}
    home = desk.city.index.locate_one(lon, lat)
    found = lean_document(desk.city.units.get(home), ask.fields)
    return found if home >= 0 else _lean_outside(desk, lon, lat, found)


def lean_document(unit: UnitRef | None, fields: Sequence[str]) -> Document:
    """Return the lean form of an answer; no unit is a place outside the city."""
    whole = {
        "code": unit.code if unit else None,
        "level": unit.level if unit else None,
        "name": unit.name if unit else None,
        "reason": None if unit else "outside_city",
    }
    return {field: whole[field] for field in fields}


def _lean_outside(desk: Desk, lon: float, lat: float, outside: Document) -> Document:
    try:
        desk.city.refuse_impossible(lon, lat)
    except BadInput as error:
        return {"error": row_error(error)}
    return outside
