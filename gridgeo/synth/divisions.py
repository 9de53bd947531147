"""Text of the official lists into values; reading the files is the caller's part."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, cast

from shapely.geometry import Polygon, shape

from gridgeo.synth.model import Division, Level

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTER = (
    ("社区居民管理委员会", "社区"),
    ("社区居民委员会", "社区"),
    ("社区管理委员会", "社区"),
    ("社区委员会", "社区"),
    ("拟居委会", ""),
    ("村委会", "村"),
    ("村民委员会", "村"),
)


def parse_divisions(text: str, city: Division) -> list[Division]:
    """Read ``code,name,level,parent_code`` rows; the city, which the list leaves out, comes first.

    Districts that name the four-digit city code as parent get the code of ``city``.

    Raises
    ------
    KeyError
        When a column is missing.
    """
    rows = [
        Division(row["code"], row["name"], cast("Level", row["level"]), row["parent_code"])
        for row in csv.DictReader(io.StringIO(text))
    ]
    return [city] + [
        Division(row.code, row.name, row.level, city.code) if row.level == "district" else row
        for row in rows
    ]


def select_district(divisions: Iterable[Division], district_code: str) -> list[Division]:
    """Keep the city and one district with its townships and communities, in the given order.

    Raises
    ------
    ValueError
        When the list has no such district.
    """
    kept = [row for row in divisions if row.level == "city" or row.code.startswith(district_code)]
    if not any(row.code == district_code for row in kept):
        raise ValueError(f"no district {district_code} in the list of divisions")
    return kept


def parse_outline(text: str, district_code: str) -> Polygon:
    """Read the polygon of one district from GeoJSON whose features carry ``properties.code``.

    Coordinates are taken as they are: CGCS2000 degrees, treated as equal to WGS 84.

    Raises
    ------
    ValueError
        When the code is missing or its geometry has several parts or holes.
    """
    outlines = parse_outlines(text)
    if district_code not in outlines:
        raise ValueError(f"no outline of {district_code} in the GeoJSON")
    return outlines[district_code]


def parse_outlines(text: str) -> dict[str, Polygon]:
    """Read all districts' polygons by code; see `parse_outline`.

    Raises
    ------
    ValueError
        When a geometry has several parts or holes.
    """
    codes = ((row["properties"]["code"], row["geometry"]) for row in json.loads(text)["features"])
    return {code: _single_polygon(shape(geometry), code) for code, geometry in codes}


def _single_polygon(geometry: object, code: str) -> Polygon:
    """Unwrap a multipolygon of one part."""
    parts = list(getattr(geometry, "geoms", [geometry]))
    if len(parts) != 1 or not isinstance(parts[0], Polygon) or parts[0].interiors:
        raise ValueError(f"the outline of {code} is not one polygon without holes")
    return parts[0]


def short_name(name: str) -> str:
    """Everyday name: 德化社区居民委员会 is 德化社区, 尖岗村委会 is 尖岗村."""
    for ending, short in _SHORTER:
        if name.endswith(ending):
            return name.removesuffix(ending) + short
    return name


def is_village(division: Division) -> bool:
    """Tell village committees (suffix 200 to 399) from residents' committees and 4xx stand-ins."""
    return division.level == "community" and "200" <= division.code[9:12] <= "399"
