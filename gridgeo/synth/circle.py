"""The Erqi Tower business circle: a given area over a given count of streets in three districts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgeo.geometry.lattice import SCALE
from gridgeo.synth.rings import METRES_PER_UNIT, Frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_NEAR = 26
_SPARE, _MOST_SPARE = 1.08, 1.9
_CANDIDATES = 40


def business_circle(
    streets: Sequence[shapely.Polygon],
    districts: Sequence[str],
    centre: tuple[float, float],
    count: int,
    area_km2: float,
    frame: Frame,
) -> shapely.Polygon | None:
    """Ground of an area around a place that meets just ``count`` streets of three districts.

    It is the union of neighbouring streets without a strip along its border.

    Parameters
    ----------
    streets : sequence of Polygon
        Shapes in degrees, a coverage.
    districts : sequence of str
        The district of each.
    centre : tuple of float
        lon, lat in degrees.

    Returns
    -------
    Polygon in degrees, not yet on the lattice, or None where no such ground was found.
    """
    scale = METRES_PER_UNIT * SCALE * np.array([frame.aspect, 1.0])
    metric = shapely.transform(np.array(streets), lambda xy: xy * scale)
    place = shapely.Point(np.array(centre) * scale)
    near = np.argsort(shapely.distance(metric, place), kind="stable")[:_NEAR]
    groups = _groups(metric[near], [districts[k] for k in near], count, area_km2 * 1e6)
    for group in groups[:_CANDIDATES]:
        shape = _shrunk(metric[near][list(group)], area_km2 * 1e6)
        if shape is not None and shape.distance(place) == 0.0:
            return shapely.transform(shape, lambda xy: xy / scale)
    return None


def _groups(
    streets: NDArray[np.object_], districts: Sequence[str], count: int, area_m2: float
) -> list[tuple[int, ...]]:
    """Find connected groups of three districts with enough ground, the most compact first."""
    ways = _neighbours(streets)
    areas = shapely.area(streets)
    seen: set[frozenset[int]] = set()
    found = []
    for group in _grown(frozenset([0]), ways, count, seen):
        members = sorted(group)
        total = float(areas[members].sum())
        if len({districts[k] for k in members}) != 3:
            continue
        if _SPARE * area_m2 <= total <= _MOST_SPARE * area_m2:
            hull = shapely.MultiPolygon(streets[members].tolist()).convex_hull.area
            found.append((hull / total + total / area_m2, tuple(members)))
    return [members for _, members in sorted(found)]


def _neighbours(streets: NDArray[np.object_]) -> dict[int, set[int]]:
    """Streets that share a line."""
    ways: dict[int, set[int]] = defaultdict(set)
    for k, street in enumerate(streets):
        shared = shapely.length(shapely.intersection(street.boundary, shapely.boundary(streets)))
        ways[k] = {int(other) for other in np.flatnonzero(shared > 300.0)} - {k}
    return ways


def _grown(
    group: frozenset[int], ways: dict[int, set[int]], count: int, seen: set[frozenset[int]]
) -> Iterator[frozenset[int]]:
    """All connected groups of ``count`` that hold a group."""
    if group in seen:
        return
    seen.add(group)
    if len(group) == count:
        yield group
        return
    around = sorted(set().union(*(ways[k] for k in group)) - group)
    for more in around:
        yield from _grown(group | {more}, ways, count, seen)


def _shrunk(streets: NDArray[np.object_], area_m2: float) -> shapely.Polygon | None:
    """Union of streets drawn in from its border until it has an area; None if it falls apart."""
    ground = shapely.union_all(streets)
    low, high = 0.0, 3000.0
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if ground.buffer(-middle).area > area_m2 else (low, middle)
    shape: shapely.Geometry = ground.buffer(-low, quad_segs=4)
    if not isinstance(shape, shapely.Polygon) or len(shape.interiors) > 0:
        return None
    return shape if shapely.intersects(streets, shape).all() else None
