"""Ground cut into pieces by lines and by shapes that lie over it, all on the lattice.

Everything is noded at once, so pieces put together share their borders exactly.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString

from gridgeo.geometry.edits.noded_lines import noded_lines
from gridgeo.geometry.errors import EditRefused
from gridgeo.geometry.faces import Cover, inner_points, is_narrow
from gridgeo.geometry.lattice import SCALE, snap, to_degrees
from gridgeo.geometry.measure import ellipsoid_area_m2
from gridgeo.geometry.segments import Shape, shape_array
from gridgeo.geometry.union import union_on_lattice

NO_GROUND: Shape = shapely.Polygon()


@dataclass(frozen=True)
class Piece:
    """A piece of ground (degrees, on the lattice) and the codes of the shapes that cover it."""

    shape: Shape
    cover: frozenset[str]

    @property
    def area_m2(self) -> float:
        """Its area in square metres."""
        return ellipsoid_area_m2(self.shape)


def cut_up(
    leaves: Mapping[str, Shape],
    lines: Sequence[LineString] = (),
    over: Mapping[str, Shape] | None = None,
) -> list[Piece]:
    """Cut leaves by lines, and by the borders of shapes that lie over them; in no order.

    Parameters
    ----------
    leaves
        Of a coverage, by code, in degrees, on the lattice.
    lines
        In degrees.
    over
        By code, in degrees, on the lattice.

    Returns
    -------
    Pieces of the leaves, of what lies over them, and of ground between the lines and these, which
    nothing covers.
    """
    shapes = {**leaves, **(over or {})}
    codes = list(shapes)
    cover = Cover(shape_array(list(shapes.values())))
    borders = shapely.boundary(cover.units)
    cutters = np.concatenate((borders[len(leaves) :], _in_steps(lines)))
    noded = noded_lines(borders[: len(leaves)], cutters)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return [
        Piece(shape, frozenset(codes[i] for i in held))
        for shape, held in zip(
            shapely.transform(faces, to_degrees), cover.at(inner_points(faces)), strict=True
        )
    ]


def _in_steps(lines: Sequence[LineString]) -> NDArray[np.object_]:
    """Return lines (degrees) in lattice units."""
    array = np.empty(len(lines), dtype=object)
    array[:] = lines
    steps = shapely.transform(array, lambda xy: np.rint(xy * SCALE))
    return np.asarray(steps, dtype=np.object_)


def put_together(pieces: Iterable[Piece]) -> Shape:
    """Return the union of pieces; without ground when there are none."""
    shapes = [piece.shape for piece in pieces]
    return union_on_lattice(shapes) if shapes else NO_GROUND


def narrow_ones(pieces: Sequence[Piece], width_m: float) -> list[Piece]:
    """Return the pieces that are too narrow for a disc of a diameter in metres."""
    if not pieces:
        return []
    narrow = is_narrow(shape_array([piece.shape for piece in pieces]), width_m)
    return [piece for piece, yes in zip(pieces, narrow.tolist(), strict=True) if yes]


def broad_ones(pieces: Sequence[Piece], width_m: float) -> list[Piece]:
    """Return the pieces that hold a disc of a diameter in metres, the largest first."""
    narrow = {id(piece) for piece in narrow_ones(pieces, width_m)}
    broad = [piece for piece in pieces if id(piece) not in narrow]
    return sorted(broad, key=lambda piece: -piece.shape.area)


def pieces_where(pieces: Iterable[Piece], fits: Callable[[frozenset[str]], bool]) -> list[Piece]:
    """Return the pieces whose cover fits."""
    return [piece for piece in pieces if fits(piece.cover)]


def place_in(shape: Shape) -> tuple[float, float]:
    """Longitude and latitude of a point inside a shape."""
    lon, lat = shapely.get_coordinates(shapely.point_on_surface(shape))[0].tolist()
    return lon, lat


def refused_in(kind: str, message: str, shape: Shape, codes: Iterable[str]) -> EditRefused:
    """Return the error of an edit that fails inside a shape."""
    lon, lat = place_in(shape)
    return EditRefused(kind, message, lon=lon, lat=lat, codes=tuple(codes))


def refused_at(
    kind: str, message: str, place: NDArray[np.float64], codes: Iterable[str]
) -> EditRefused:
    """Return the error of an edit that fails at a place (lon, lat)."""
    lon, lat = place.tolist()
    return EditRefused(kind, message, lon=lon, lat=lat, codes=tuple(codes))


def sound_line(line: LineString, codes: Sequence[str]) -> LineString:
    """Bring a line to the lattice.

    Raises
    ------
    EditRefused
        `too_short`: it has no two different points there. `crosses_itself`, with the place.
    """
    xy = shapely.get_coordinates(line)
    if len(np.unique(np.rint(xy * SCALE), axis=0)) < 2:
        message = "the line has no length; give it at least two different points"
        raise refused_at("too_short", message, xy[0], codes)
    snapped = snap(line)
    if not shapely.is_simple(snapped) and not snapped.is_ring:
        place = _own_crossing(snapped)
        message = "the line crosses itself there; draw it without a loop"
        raise refused_at("crosses_itself", message, place, codes)
    return snapped


def _own_crossing(line: LineString) -> NDArray[np.float64]:
    """Return a place where a line meets itself: a node of it where more than two ways meet."""
    noded = shapely.get_parts(shapely.union_all([line]))
    ends = np.concatenate([shapely.get_coordinates(part)[[0, -1]] for part in noded])
    places, times = np.unique(ends, axis=0, return_counts=True)
    return np.asarray(places[np.argmax(times)], dtype=np.float64)
