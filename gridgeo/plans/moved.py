"""Ground that a change of the map takes from one leaf and gives to another."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gridgeo.geometry.crs import Planar
from gridgeo.units.model import Unit

LEAST_M2 = 0.01
SLIVER_M = 0.01  # a new vertex moves a border by less


class Move(NamedTuple):
    """Ground (degrees) that goes from one leaf to another, with its area in m2."""

    from_code: str
    to_code: str
    area_m2: float
    shape: BaseGeometry


def moved_ground(
    before: Mapping[str, Unit], after: Mapping[str, Unit], planar: Planar
) -> Iterator[Move]:
    """Yield what each leaf gives to another, in code order; slivers of new vertices left out.

    Parameters
    ----------
    before, after
        The units that change, and perhaps others, by code.
    """
    old, new = (
        [side[code] for code in sorted(side, key=str.encode) if side[code].is_leaf]
        for side in (before, after)
    )
    if not old or not new:
        return
    givers = np.array([unit.shape for unit in old], dtype=object)
    takers = np.array([unit.shape for unit in new], dtype=object)
    row, hit = STRtree(takers).query(givers, predicate="intersects")
    common = shapely.intersection(givers[row], takers[hit])
    areas_m2 = planar.areas_m2(list(common))
    for i, j, area_m2, shape in sorted(zip(row, hit, areas_m2, common, strict=True),
                                       key=lambda found: found[:2]):  # fmt: skip
        sliver_m2 = max(LEAST_M2, SLIVER_M * planar.length_m(shape))
        if old[i].code != new[j].code and area_m2 > sliver_m2:
            yield Move(old[i].code, new[j].code, float(area_m2), _polygons(shape))


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape without the lines and points along which leaves also meet."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
