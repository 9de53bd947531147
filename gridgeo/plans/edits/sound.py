"""Ground that a planner has drawn, brought to the lattice before anything is done with it."""

from collections.abc import Collection

import shapely

from gridgeo.geometry.edits.cutting import refused_at
from gridgeo.geometry.errors import EditRefused
from gridgeo.geometry.lattice import invalid_place
from gridgeo.geometry.mending import mend
from gridgeo.plans.edits.naming import require_in_city
from gridgeo.plans.model import PlanMap
from gridgeo.units.model import Shape


def sound_ground(shape: Shape, so_far: PlanMap, codes: Collection[str]) -> Shape:
    """Return a polygon (degrees) on the lattice; what only its snapping breaks is mended.

    Raises
    ------
    EditRefused
        As `naming.require_in_city`; `invalid`: it crosses itself, with the place. `empty_result`:
        it holds no ground.
    """
    require_in_city([shape], so_far)
    if not shapely.is_valid(shape):
        reason, lon, lat = invalid_place(shape)
        message = f"the polygon is not valid there: {reason}; draw it without crossing itself"
        raise EditRefused("invalid", message, lon=lon, lat=lat, codes=tuple(codes))
    snapped: Shape = mend([shape], [""]).shapes[0]
    if snapped.is_empty:
        message = "the polygon holds no ground on the lattice of 1e-7 degrees; draw it larger"
        raise refused_at("empty_result", message, shapely.get_coordinates(shape)[0], codes)
    return snapped
