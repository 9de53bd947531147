"""The faces that the borders of some polygons cut the plane into, and who covers each.

All borders are noded at once by snap rounding on the lattice (J. D. Hobby, "Practical segment
intersection with finite precision output", 1999; GEOS does it): every border moves by less than a
lattice step and every crossing becomes a lattice point, so faces put together share their borders
exactly.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gridgeo.geometry.lattice import SCALE, to_degrees
from gridgeo.geometry.segments import Keys, directed_segments, unpack

_METRES_PER_DEGREE = 111_195.0  # of a great circle on the mean sphere
_CLEARANCE = 1.0  # lattice units; snap rounding moves a border by 0.71 at most
_BROAD = 4.0  # a face with 2 * area / perimeter above it holds a disc of that diameter

Indexes = tuple[int, ...]
Borders = dict[int, dict[int, float]]


@dataclass(frozen=True)
class Faces:
    """Faces (degrees, on the lattice) and, for each, the polygons that cover it, ascending."""

    shapes: NDArray[np.object_]
    cover: list[Indexes]

    def at(self, keep: Sequence[int]) -> NDArray[np.object_]:
        """Return the faces at these positions."""
        return self.shapes[np.asarray(keep, dtype=np.int64)]


class Cover:
    """Which polygons (degrees) hold a point in lattice units."""

    def __init__(self, polygons: NDArray[np.object_]) -> None:
        self.units = shapely.transform(polygons, lambda xy: np.rint(xy * SCALE))
        self._tree = STRtree(self.units)

    def at(self, points: NDArray[np.object_]) -> list[Indexes]:
        """Return the indexes of the polygons that hold each point, ascending."""
        held: dict[int, list[int]] = defaultdict(list)
        for point, polygon in self._tree.query(points, predicate="intersects").T.tolist():
            held[point].append(polygon)
        return [tuple(sorted(held[i])) for i in range(len(points))]

    def meeting(self, shapes: NDArray[np.object_]) -> set[int]:
        """Return the indexes of the polygons that meet any of some shapes in degrees."""
        units = shapely.transform(shapes, lambda xy: np.rint(xy * SCALE))
        return set(self._tree.query(units, predicate="intersects")[1].tolist())

    def entered(self, lines: NDArray[np.object_], among: Sequence[int]) -> set[int]:
        """Return those of some polygons that lines (lattice units) run into, not only touch."""
        polygons = np.asarray(among, dtype=np.int64)
        tree = STRtree(self.units[polygons])
        predicates: tuple[Literal["crosses", "within"], ...] = ("crosses", "within")
        found = [tree.query(lines, predicate=predicate)[1] for predicate in predicates]
        return set(polygons[np.concatenate(found)].tolist())


def cut_faces(
    cover: Cover, chosen: Sequence[int], cuts: Sequence[shapely.LineString] = ()
) -> Faces:
    """Cut the plane by the borders of the chosen polygons, and by lines in lattice units."""
    lines = np.concatenate((shapely.boundary(cover.units[list(chosen)]), _objects(cuts)))
    noded = shapely.union_all(lines, grid_size=1.0)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    return Faces(shapely.transform(faces, to_degrees), cover.at(inner_points(faces)))


def _objects(lines: Sequence[shapely.LineString]) -> NDArray[np.object_]:
    array = np.empty(len(lines), dtype=object)
    array[:] = lines
    return array


def inner_points(faces: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return a point in each face, in lattice units, away from its border where it is broad."""
    points = np.asarray(shapely.point_on_surface(faces), dtype=np.object_)
    near = shapely.distance(points, shapely.boundary(faces)) < _CLEARANCE
    broad = 2 * shapely.area(faces) > _BROAD * shapely.length(faces)
    redo = np.flatnonzero(near & broad)
    circles = shapely.maximum_inscribed_circle(faces[redo], tolerance=_CLEARANCE / 2)
    points[redo] = shapely.get_point(circles, 0)
    return points


class Edges(NamedTuple):
    """Edges with a face on either side: packed end points, positions of the two faces."""

    start: Keys
    end: Keys
    one: Keys
    other: Keys

    def of(self, faces: NDArray[np.bool_]) -> "Edges":
        """Return the edges that touch the chosen faces."""
        keep = faces[self.one] | faces[self.other]
        return Edges(*(column[keep] for column in self))


def shared_edges(faces: NDArray[np.object_]) -> Edges:
    """Return the edges that two of the faces (degrees, a coverage) have in common."""
    segments = directed_segments(faces)
    low, high = np.minimum(segments.start, segments.end), np.maximum(segments.start, segments.end)
    order = np.lexsort((high, low))
    low, high, owner = low[order], high[order], segments.owner[order]
    twin = np.flatnonzero((low[1:] == low[:-1]) & (high[1:] == high[:-1]))
    return Edges(low[twin], high[twin], owner[twin], owner[twin + 1])


def borders_m(edges: Edges) -> Borders:
    """Metres of common border by face and neighbour."""
    metres = lengths_m(unpack(edges.start), unpack(edges.end)).tolist()
    borders: Borders = defaultdict(lambda: defaultdict(float))
    for f, g, length in zip(edges.one.tolist(), edges.other.tolist(), metres, strict=True):
        borders[f][g] += length
        borders[g][f] += length
    return borders


def lengths_m(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float64]:
    """Distances in metres between lattice points (n, 2) that are near each other."""
    step = to_degrees(b - a)
    east = step[:, 0] * np.cos(np.radians(to_degrees(a + b)[:, 1] / 2))
    return np.asarray(np.hypot(east, step[:, 1]) * _METRES_PER_DEGREE, dtype=np.float64)


def in_metres(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return small shapes (degrees) in metres from the first one's place, to half a percent."""
    x, y = shapely.get_coordinates(shapes[:1])[0]
    scale = np.array([np.cos(np.radians(y)), 1.0]) * _METRES_PER_DEGREE
    return np.asarray(shapely.transform(shapes, lambda xy: (xy - (x, y)) * scale))


def is_narrow(faces: NDArray[np.object_], width_m: float) -> NDArray[np.bool_]:
    """Whether each face (degrees) is too narrow for a disc of a diameter in metres."""
    if not len(faces):
        return np.zeros(0, dtype=np.bool_)
    eroded = shapely.buffer(in_metres(faces), -width_m / 2, quad_segs=16)
    return np.asarray(shapely.is_empty(eroded), dtype=np.bool_)
