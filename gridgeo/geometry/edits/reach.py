"""Lines that a hand has drawn almost to a border, taken to it."""

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString

from gridgeo.geometry.lattice import AnyGeometry, to_degrees, to_lattice
from gridgeo.geometry.measure import geodesic_length_m
from gridgeo.geometry.segments import Shape

_METRES_PER_DEGREE = 111_195.0  # of a great circle on the mean sphere

Place = NDArray[np.float64]
Places = NDArray[np.float64]


class Plane:
    """Degrees about a latitude in metres and back, to half a percent over a few kilometres."""

    def __init__(self, lat: float) -> None:
        self._scale = np.array([math.cos(math.radians(lat)), 1.0]) * _METRES_PER_DEGREE

    def in_m(self, geometry: AnyGeometry) -> AnyGeometry:
        """Return a geometry in degrees in metres."""
        moved: AnyGeometry = shapely.transform(geometry, lambda xy: xy * self._scale)
        return moved

    def in_degrees(self, xy_m: Places) -> Places:
        """Return places in metres (n, 2) in degrees, on the lattice."""
        return to_degrees(to_lattice(xy_m / self._scale))


def nearest_on(line: shapely.Geometry, place: Place) -> tuple[Place, float]:
    """Return the nearest place on a line (degrees, on the lattice), and its metres away."""
    plane = Plane(float(place[1]))
    way = shapely.shortest_line(plane.in_m(line), plane.in_m(shapely.Point(place)))
    there = plane.in_degrees(shapely.get_coordinates(way)[:1])[0]
    return there, geodesic_length_m(*place.tolist(), *there.tolist())


def reaching(line: LineString, shape: Shape, reach_m: float) -> LineString:
    """Lengthen a line (degrees) to the border of a shape where its ends lie so near inside it."""
    xy = shapely.get_coordinates(line)
    before, after = (_way_out(end, shape, reach_m) for end in (xy[0], xy[-1]))
    return LineString([*before, *xy, *after])


def _way_out(end: Place, shape: Shape, reach_m: float) -> list[Place]:
    """Return the place on the border that an end should be taken to, if any."""
    if not shape.contains(shapely.Point(end)):
        return []
    there, away_m = nearest_on(shapely.boundary(shape), end)
    return [there] if away_m <= reach_m else []
