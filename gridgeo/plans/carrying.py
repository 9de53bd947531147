"""Carrying an edit to a map on which others have moved borders since it was drawn.

Most edits say what to do with the map that they meet: they are simply done again. A redraw says
whole shapes: there the borders that others moved are taken from the map it comes to.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely.ops import polygonize

from gridgeo.geometry.changed_borders import border_segments, changed_borders, lines_of
from gridgeo.geometry.union import union_on_lattice
from gridgeo.plans.model import PlanMap
from gridgeo.units.model import Shape


def carried(
    kind: str, params: Mapping[str, Any], before: PlanMap, after: PlanMap, live: PlanMap
) -> dict[str, Any]:
    """Return what an edit says on the map that it is brought to.

    Parameters
    ----------
    kind, params
        The edit as it is kept.
    before, after
        The map on which it was done, and what it made of it.
    live
        The map to which it is brought.
    """
    if kind == "restore":
        return {"seen": before.base.version, **params}
    if kind == "replace":
        return _redrawn(params, before, after, live)
    return dict(params)


def _redrawn(
    params: Mapping[str, Any], before: PlanMap, after: PlanMap, live: PlanMap
) -> dict[str, Any]:
    change = after.since(before)
    said = {row["code"] for row in params["units"] if "code" in row and "geometry" in row}
    came = {code for code in change.new if code not in change.old}
    drawn = {
        code: unit.shape
        for code, unit in change.new.items()
        if code in said | came and unit.is_leaf
    }
    stood = before.family(said | set(params.get("retired", ())))
    old = {c: u.shape for c, u in stood.items() if u.is_leaf and (c in said or c in change.old)}
    now = {c: u.shape for c, u in live.family(list(old)).items() if c in old}
    moved = changed_borders(old.values(), now.values())
    if not moved.all:
        return dict(params)
    segments = (border_segments(drawn.values()) - moved.removed) | moved.added
    shapes = _shapes(drawn, lines_of(segments), list(now.values()))
    rows = [_row(row, drawn, came, shapes) for row in params["units"]]
    return {**params, "units": rows}


def _shapes(
    drawn: Mapping[str, Shape], lines: shapely.MultiLineString, ground: list[Shape]
) -> dict[str, Shape]:
    """Return the faces of lines within a ground, each as part of the shape it was most of."""
    codes = sorted(drawn)
    parts: dict[str, list[Shape]] = {code: [] for code in codes}
    known = np.array([drawn[code] for code in codes], dtype=object)
    for face in polygonize(lines):
        within = face.representative_point()
        if any(shape.covers(within) for shape in ground):
            areas = shapely.area(shapely.intersection(known, face))
            parts[codes[int(np.argmax(areas))]].append(face)
    return {code: union_on_lattice(faces) for code, faces in parts.items() if faces}


def _row(
    row: Mapping[str, Any], drawn: Mapping[str, Shape], came: set[str], shapes: Mapping[str, Shape]
) -> dict[str, Any]:
    if "geometry" not in row:
        return dict(row)
    code = row.get("code") or _drawn_as(row["geometry"], drawn, came)
    if code not in shapes:
        return dict(row)
    return {**row, "geometry": shapely.geometry.mapping(shapes[code])}


def _drawn_as(geometry: Mapping[str, Any], drawn: Mapping[str, Shape], came: set[str]) -> str:
    """Return the new unit that a drawn shape became: the one with most of its ground."""
    shape = shapely.make_valid(shapely.geometry.shape(dict(geometry)))
    new = sorted(code for code in came if code in drawn)
    return max(new, key=lambda code: shapely.area(drawn[code].intersection(shape)), default="")
