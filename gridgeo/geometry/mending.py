"""Each polygon by itself: valid and on the lattice, whatever it was when it came in."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.errors import InvalidShape
from gridgeo.geometry.lattice import SCALE, invalid_place, to_degrees, to_lattice
from gridgeo.geometry.problem import Problem
from gridgeo.geometry.segments import Shape


class Mended(NamedTuple):
    """Valid polygons on the lattice, and what was wrong with them before.

    A polygon without any ground is left empty, and is in `lost`; one whose rings were mended is in
    `mended`. Both are problems of kind `invalid`.
    """

    shapes: NDArray[np.object_]
    mended: list[Problem]
    lost: list[Problem]


def mend(polygons: Sequence[Geometry], codes: Sequence[str]) -> Mended:
    """Make polygons (degrees) valid and bring them to the lattice.

    Parts of a crossed ring that enclose ground are kept, whichever way they run (a bow-tie becomes
    two triangles); overlapping parts are united, holes stay holes, lines and points are dropped.

    Raises
    ------
    InvalidShape
        When something is no polygon.
    NotACoordinate
        When a vertex is no coordinate.
    """
    given = _polygonal(polygons)
    sound = shapely.is_valid(given)
    shapes = _snapped(given)
    again = np.flatnonzero(~(sound & shapely.is_valid(shapes)))
    shapes[again] = [_rebuilt(given[i]) for i in again]
    empty = shapely.is_empty(shapes)
    mended = [_mended(given[i], codes[i]) for i in np.flatnonzero(~sound & ~empty).tolist()]
    lost = [_lost(given[i], codes[i]) for i in np.flatnonzero(empty).tolist()]
    return Mended(shapes, mended, lost)


def _polygonal(polygons: Sequence[Geometry]) -> NDArray[np.object_]:
    for position, shape in enumerate(polygons):
        if not isinstance(shape, (Polygon, MultiPolygon)):
            message = f"shape {position} is no polygon"
            raise InvalidShape(message, key="position", value=position)
    shapes = np.empty(len(polygons), dtype=object)
    shapes[:] = polygons
    return np.asarray(shapely.force_2d(shapes), dtype=np.object_)


def _snapped(given: NDArray[np.object_]) -> NDArray[np.object_]:
    moved = np.asarray(shapely.transform(given, lambda xy: to_degrees(to_lattice(xy))))
    sound = shapely.is_valid(moved)  # GEOS refuses to clean a ring that fell into one point
    moved[sound] = shapely.remove_repeated_points(moved[sound], 0.0)
    return moved


def _rebuilt(shape: Geometry) -> Shape:
    """Make one polygon valid in lattice units, by snap rounding, which keeps it valid."""
    wide = shapely.transform(shape, lambda xy: xy * SCALE)
    valid = shapely.make_valid(wide, method="structure", keep_collapsed=False)
    rounded = shapely.set_precision(valid, grid_size=1.0)
    parts = [part for part in shapely.get_parts(rounded) if isinstance(part, Polygon)]
    parts = [shapely.transform(part, to_degrees) for part in parts if not part.is_empty]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _mended(given: Geometry, code: str) -> Problem:
    reason, lon, lat = invalid_place(given)
    return Problem("invalid", (code,), lon, lat, f"{reason}: mended")


def _lost(given: Geometry, code: str) -> Problem:
    xy = shapely.get_coordinates(given)
    lon, lat = xy[0].tolist() if len(xy) else (0.0, 0.0)
    return Problem("invalid", (code,), lon, lat, "the polygon holds no ground", area_m2=0.0)
