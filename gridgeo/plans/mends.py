"""What may be done about a problem of a plan: an edit in the form in which plans take it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gridgeo.geometry.union import union_on_lattice
from gridgeo.plans.cuts import Cut, whole_building
from gridgeo.plans.limits import BalanceRule
from gridgeo.plans.model import PlanMap
from gridgeo.units.model import Shape, Unit

Mend = Mapping[str, Any]
"""An edit: its `kind` and the rest of its form, as `POST /plans/{plan_id}/edits` takes it."""


def merge_small(unit: Unit, so_far: PlanMap) -> Mend | None:
    """Give all ground of a unit to the sister leaf with which it shares the longest border."""
    return _merged(unit, so_far, lambda other: True)


def merge_light(unit: Unit, rule: BalanceRule, so_far: PlanMap) -> Mend | None:
    """Merge a unit with too few households into a sister that stays within the rule by that.

    For one with too many there is none: only who knows the streets can split it.
    """
    if rule.measure != "households" or unit.households >= rule.least:
        return None
    room = rule.most - unit.households
    return _merged(unit, so_far, lambda other: other.households <= room)


def join_parts(unit: Unit, so_far: PlanMap) -> Mend | None:
    """Give each part of a torn leaf but the largest to the sister with the longest border to it."""
    largest, *others = sorted(shapely.get_parts(unit.shape).tolist(), key=lambda part: -part.area)
    drawn: dict[str, list[Shape]] = {unit.code: [largest]}
    sisters = _sisters(unit, so_far)
    for part in others:
        taker = _nearest(part, sisters)
        if taker is None:
            return None
        drawn.setdefault(taker.code, [taker.shape]).append(part)
    return _redraw({code: union_on_lattice(parts) for code, parts in drawn.items()})


def spare_building(cut: Cut, so_far: PlanMap) -> Mend | None:
    """Let the border go around a building, so that all of it lies in the leaf of its entrance."""
    shapes = whole_building(cut, so_far.done.units.new)
    if any(shape.is_empty or not _is_polygonal(shape) for shape in shapes.values()):
        return None
    return _redraw(shapes)


def _merged(unit: Unit, so_far: PlanMap, fits: Callable[[Unit], bool]) -> Mend | None:
    if not unit.is_leaf:
        return None
    taker = _nearest(unit.shape, [other for other in _sisters(unit, so_far) if fits(other)])
    if taker is None:
        return None
    return _redraw({taker.code: union_on_lattice([taker.shape, unit.shape])}, [unit.code])


def _sisters(unit: Unit, so_far: PlanMap) -> list[Unit]:
    """Return the other leaves under the same parent, in code order."""
    if unit.parent_code is None:
        return []
    family = so_far.family({unit.parent_code})
    return [
        family[code]
        for code in sorted(family, key=str.encode)
        if family[code].parent_code == unit.parent_code
        and family[code].is_leaf
        and code != unit.code
    ]


def _nearest(shape: Shape, units: Iterable[Unit]) -> Unit | None:
    """Return the unit with the longest shared border, of equals the first; None without any."""
    shared = [(shape.intersection(unit.shape).length, unit) for unit in units]
    touching = [(length, unit) for length, unit in shared if length > 0.0]
    return max(touching, key=lambda pair: pair[0])[1] if touching else None


def _redraw(shapes: Mapping[str, BaseGeometry], retired: Iterable[str] = ()) -> Mend:
    units = [
        {"code": code, "geometry": shapely.geometry.mapping(shapes[code])}
        for code in sorted(shapes, key=str.encode)
    ]
    gone = list(retired)
    return {"kind": "replace", "units": units, **({"retired": gone} if gone else {})}


def _is_polygonal(shape: BaseGeometry) -> bool:
    return isinstance(shape, Polygon | MultiPolygon)
