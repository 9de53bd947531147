"""The units that an edit names: there, and leaves where it must be so; its places in the city."""

from collections.abc import Collection, Iterable

import numpy as np
import shapely

from gridgeo.geometry.edits.cutting import place_in, refused_in
from gridgeo.geometry.edits.neighbours import bordering
from gridgeo.geometry.errors import EditRefused
from gridgeo.plans.model import PlanMap
from gridgeo.units.model import Unit

_AROUND = 1.0
"""Degrees around the city within which a place may be meant; all others are a mistake."""


def named(codes: Collection[str], so_far: PlanMap) -> list[Unit]:
    """Return units of the map as the plan has it, in the order of their codes.

    Raises
    ------
    EditRefused
        `not_there`: no unit ever carried the code. `retired`: its unit is no more.
    """
    found = so_far.family(codes)
    for code in codes:
        if code in found:
            continue
        if code in so_far.codes_given(code):
            message = (
                f"unit {code} is no more; GET /units/{code}/history tells when it went, and the "
                "lineage of that version to whom its ground went"
            )
            raise refused_in("retired", message, so_far.root.shape, (code,))
        message = f"there is no unit {code!r}; GET /units?q= finds units by name and code"
        raise refused_in("not_there", message, so_far.root.shape, (code,))
    return [found[code] for code in codes]


def leaves_named(codes: Collection[str], so_far: PlanMap) -> list[Unit]:
    """Return leaves; as `named`, and `not_a_leaf` for a unit that has others in it."""
    units = named(codes, so_far)
    for unit in units:
        if not unit.is_leaf:
            message = (
                f"{unit.code} is a {unit.level} with units in it, and its ground is theirs; name "
                "the leaves, or use reparent, merge or retire"
            )
            raise refused_in("not_a_leaf", message, unit.shape, (unit.code,))
    return units


def two_leaves(codes: Collection[str], so_far: PlanMap) -> tuple[Unit, Unit]:
    """Return two different leaves; `same_unit` when both are the same."""
    one, other = leaves_named(codes, so_far)
    if one.code == other.code:
        message = f"{one.code} is named twice; name two units"
        raise refused_in("same_unit", message, one.shape, (one.code,))
    return one, other


def children_of(code: str, so_far: PlanMap) -> list[Unit]:
    """Return the units under a unit, in code order."""
    family = so_far.family({code})
    return [family[c] for c in sorted(family, key=str.encode) if family[c].parent_code == code]


def leaves_in(shape: shapely.Geometry, so_far: PlanMap) -> dict[str, Unit]:
    """Return the leaves that share ground with a shape in degrees, by code."""
    west, south, east, north = shapely.bounds(shape).tolist()
    around = so_far.around((west, south, east, north))
    leaves = {code: around[code] for code in sorted(around) if around[code].is_leaf}
    return {
        code: leaf
        for code, leaf in leaves.items()
        if shapely.intersects(leaf.shape, shape) and not shapely.touches(leaf.shape, shape)
    }


def leaves_beside(unit: Unit, so_far: PlanMap) -> dict[str, Unit]:
    """Return the leaves that border a leaf along a line, by code."""
    west, south, east, north = shapely.bounds(unit.shape).tolist()
    around = so_far.around((west, south, east, north))
    leaves = [around[c] for c in sorted(around) if around[c].is_leaf and c != unit.code]
    near = bordering(unit.shape, [leaf.shape for leaf in leaves])
    return {leaf.code: leaf for leaf, yes in zip(leaves, near, strict=True) if yes}


def require_in_city(geometries: Iterable[shapely.Geometry], so_far: PlanMap) -> None:
    """Refuse coordinates that nobody can mean.

    Raises
    ------
    EditRefused
        `swapped_axes`: lat stands before lon. `outside_city`: no degrees, of another coordinate
        system, or of another part of the world.
    """
    xy = np.concatenate([shapely.get_coordinates(geometry) for geometry in geometries])
    west, south, east, north = so_far.root.shape.bounds
    low, high = np.array([west, south]) - _AROUND, np.array([east, north]) + _AROUND
    strange = xy[~((xy >= low) & (xy <= high)).all(axis=1)]
    if not len(strange):
        return
    x, y = strange[0].tolist()
    lon, lat = place_in(so_far.root.shape)
    if ((strange[0][::-1] >= low) & (strange[0][::-1] <= high)).all():
        message = f"({x}, {y}) lies in the city if lon and lat are exchanged; give [lon, lat]"
        raise EditRefused("swapped_axes", message, lon=lon, lat=lat)
    message = (
        f"({x}, {y}) lies far outside the city, which is about ({lon:.3f}, {lat:.3f}); give "
        "degrees of EPSG:4326 as [lon, lat]"
    )
    raise EditRefused("outside_city", message, lon=lon, lat=lat)
