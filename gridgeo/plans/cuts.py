"""Buildings through which a plan draws a border: a household cannot live in two grids."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from psycopg import Connection
from shapely import STRtree
from shapely.geometry import LineString, MultiLineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gridgeo.db.sql import statement
from gridgeo.geometry.changed_borders import changed_borders, lines_of
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.problem import Problem
from gridgeo.plans.model import PlanMap
from gridgeo.plans.sides import as_columns
from gridgeo.units.model import Unit

BUILDINGS_IN_BOXES = statement(__package__, "buildings_in_boxes")

SLIVER_M = 0.05
"""A part of a building that is narrower than this is the wall along which the border runs."""


class Building(NamedTuple):
    """A footprint and an entrance in degrees, and the households behind it."""

    footprint: Polygon
    entrance: Point
    households: int


class Cut(NamedTuple):
    """A building that a new border cuts: parts in m2 by the code of their leaf, and whose it is."""

    building: Building
    parts: Mapping[str, float]
    home: str
    problem: Problem


def buildings_in(conn: Connection[Any], boxes: NDArray[np.float64]) -> list[Building]:
    """Return the buildings that meet boxes (n, 4) west, south, east, north in degrees; no order."""
    rows = conn.execute(BUILDINGS_IN_BOXES, as_columns(boxes)).fetchall()
    footprints = shapely.from_wkb([row[0] for row in rows])
    entrances = shapely.from_wkb([row[1] for row in rows])
    return [
        Building(footprint, entrance, row[2])
        for footprint, entrance, row in zip(footprints, entrances, rows, strict=True)
    ]


def find_cuts(conn: Connection[Any], so_far: PlanMap) -> list[Cut]:
    """Return the buildings that the plan's new borders cut and the map before did not."""
    delta = so_far.done.units
    lines = new_borders(delta)
    if not len(lines):
        return []
    buildings = _crossed(buildings_in(conn, shapely.bounds(lines)), lines)
    if not buildings:
        return []
    planar = Planar(so_far.profile.planar_srid)
    before, after = (_parts(buildings, side, planar) for side in (delta.old, delta.new))
    crossings = [_crossing(building, lines) for building in buildings]
    return [
        _cut(building, crossing, parts, delta.new, planar)
        for building, crossing, parts, was in zip(buildings, crossings, after, before, strict=True)
        if crossing is not None and len(parts) > 1 and parts.keys() != was.keys()
    ]


def new_borders(delta: Delta[Unit]) -> NDArray[np.object_]:
    """Return the edges of the new leaves that no old leaf had, in degrees."""
    old, new = (
        [unit.shape for unit in side.values() if unit.is_leaf] for side in (delta.old, delta.new)
    )
    return np.asarray(shapely.get_parts(lines_of(changed_borders(old, new).added)), dtype=object)


def _crossed(buildings: Sequence[Building], lines: NDArray[np.object_]) -> list[Building]:
    footprints = [building.footprint for building in buildings]
    _, hit = STRtree(footprints).query(lines, predicate="intersects")
    return [buildings[i] for i in np.unique(hit).tolist()]


def _parts(
    buildings: Sequence[Building], units: Mapping[str, Unit], planar: Planar
) -> list[dict[str, float]]:
    """Return for each building the square metres in each leaf that has a real part of it."""
    leaves = [unit for unit in units.values() if unit.is_leaf]
    footprints = np.array([building.footprint for building in buildings], dtype=object)
    shapes = np.array([leaf.shape for leaf in leaves], dtype=object)
    row, hit = STRtree(shapes).query(footprints, predicate="intersects")
    common = planar.project_all(list(shapely.intersection(footprints[row], shapes[hit])))
    areas, lengths = shapely.area(common), shapely.length(common)
    found: list[dict[str, float]] = [{} for _ in buildings]
    for i, j, area, length in zip(row.tolist(), hit.tolist(), areas, lengths, strict=True):
        if area > SLIVER_M * length / 2:
            found[i][leaves[j].code] = float(area)
    return found


def _crossing(building: Building, lines: NDArray[np.object_]) -> MultiLineString | None:
    """Return what of the new borders lies in a footprint, None when they only touch it."""
    near = lines[shapely.intersects(lines, building.footprint)]
    inside = shapely.get_parts(shapely.intersection(near, building.footprint))
    pieces = [piece for piece in inside if isinstance(piece, LineString) and piece.length > 0.0]
    return MultiLineString(pieces) if pieces else None


def _cut(
    building: Building, crossing: MultiLineString, parts: Mapping[str, float],
    units: Mapping[str, Unit], planar: Planar,
) -> Cut:  # fmt: skip
    codes = sorted(parts, key=str.encode)
    holding = [code for code in codes if units[code].shape.intersects(building.entrance)]
    home = (holding or [max(codes, key=lambda code: parts[code])])[0]
    at = max(crossing.geoms, key=lambda line: line.length).interpolate(0.5, normalized=True)
    lost = sum(area for code, area in parts.items() if code != home)
    message = (
        f"the border cuts a building of {building.households} households whose entrance is in "
        f"{home}; {lost:.1f} m2 of it come to lie elsewhere"
    )
    problem = Problem(
        "cuts_building", tuple(codes), at.x, at.y, message,
        size_m=planar.length_m(crossing), area_m2=lost,
    )  # fmt: skip
    return Cut(building, parts, home, problem)


def whole_building(cut: Cut, units: Mapping[str, Unit]) -> dict[str, BaseGeometry]:
    """Return the leaves of a cut building redrawn so that all of it lies in that of its entrance.

    The border then follows the walls.
    """
    footprint = cut.building.footprint
    return {
        code: (
            units[code].shape.union(footprint)
            if code == cut.home
            else units[code].shape.difference(footprint)
        )
        for code in cut.parts
    }
