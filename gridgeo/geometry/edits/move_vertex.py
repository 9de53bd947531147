"""Move one shared vertex: every unit that has the corner gets the new one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry.delta import Delta
from gridgeo.geometry.errors import EditRefused
from gridgeo.geometry.lattice import invalid_place, to_degrees, to_lattice
from gridgeo.geometry.measure import geodesic_length_m
from gridgeo.geometry.predicates import BOUNDARY, relate
from gridgeo.geometry.rings import rings_of_one
from gridgeo.geometry.segments import Shape, shape_array

LonLat = tuple[float, float]


@dataclass(frozen=True)
class MoveVertex:
    """Move the vertex at `at` to `to`; both (lon, lat) in degrees, brought to the lattice."""

    at: LonLat
    to: LonLat

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Where the units lie that it may change: west, south, east, north in degrees."""
        return (*self.at, *self.at)

    def apply(self, shapes: Mapping[str, Shape], outline: Shape) -> Delta[Shape]:
        """Return the change of every shape that has the vertex.

        Parameters
        ----------
        shapes
            By code, in degrees, on the lattice: all units, of all levels, that have the vertex, or
            more. Within each level they are a coverage around it.
        outline
            The city. Its border does not move.

        Raises
        ------
        EditRefused
            `no_vertex`, `same_place`, `on_outline`, `vertex_taken`, `invalid` (a shape would cross
            itself) or `crosses_neighbour` (a ring would turn inside out), with place and codes.

        Notes
        -----
        The borders that meet at the vertex cancel before and after the move. While every ring
        stays simple and keeps its direction, the shapes of each level therefore cover the same
        ground as before, once: only a ring that crosses itself or turns over can break a coverage.
        """
        at, to = (to_degrees(to_lattice(place)) for place in (self.at, self.to))
        codes = self._owners(shapes, at)
        if (at == to).all():
            raise self._refusal("same_place", "the vertex is there already", at, codes)
        if relate(outline, at[0], at[1])[0] == BOUNDARY:
            raise self._refusal("on_outline", "the city's outline does not move", at, codes)
        taken = _having({code: shapes[code] for code in codes}, to)
        if taken:
            raise self._refusal("vertex_taken", "there is a vertex at the new place", to, taken)
        new = {code: _moved(shapes[code], at, to) for code in codes}
        for code in codes:
            self._require_sound(code, shapes[code], new[code], to)
        return Delta({code: shapes[code] for code in codes}, new)

    def _owners(self, shapes: Mapping[str, Shape], at: NDArray[np.float64]) -> tuple[str, ...]:
        codes = _having(shapes, at)
        if codes:
            return codes
        if not shapes:
            raise self._refusal("no_vertex", "there is no unit at all", at, ())
        nearest, owner, away_m = _nearest(shapes, at)
        message = (
            f"no vertex there; the nearest, ({nearest[0]}, {nearest[1]}), is {away_m:.3f} m away"
        )
        raise self._refusal("no_vertex", message, nearest, (owner,))

    def _require_sound(self, code: str, old: Shape, new: Shape, to: NDArray[np.float64]) -> None:
        if not shapely.is_valid(new):
            reason, lon, lat = invalid_place(new)
            raise EditRefused("invalid", f"{code}: {reason}", lon=lon, lat=lat, codes=(code,))
        if (_directions(old) != _directions(new)).any():
            message = f"{code} would be turned inside out across its neighbours"
            raise self._refusal("crosses_neighbour", message, to, (code,))

    @staticmethod
    def _refusal(
        kind: str, message: str, place: NDArray[np.float64], codes: tuple[str, ...]
    ) -> EditRefused:
        return EditRefused(kind, message, lon=float(place[0]), lat=float(place[1]), codes=codes)


def _having(shapes: Mapping[str, Shape], place: NDArray[np.float64]) -> tuple[str, ...]:
    """Codes of the shapes with a vertex at a place, in byte order."""
    names = list(shapes)
    xy, owner = shapely.get_coordinates(shape_array(list(shapes.values())), return_index=True)
    met = np.unique(owner[(xy == place).all(axis=1)])
    return tuple(sorted((names[i] for i in met), key=str.encode))


def _nearest(
    shapes: Mapping[str, Shape], place: NDArray[np.float64]
) -> tuple[NDArray[np.float64], str, float]:
    """Nearest vertex of all shapes, the first shape that has it, and its distance in metres."""
    xy, owner = shapely.get_coordinates(shape_array(list(shapes.values())), return_index=True)
    scale = np.array([np.cos(np.radians(place[1])), 1.0])
    i = int(np.argmin((((xy - place) * scale) ** 2).sum(axis=1)))
    away_m = geodesic_length_m(*place.tolist(), *xy[i].tolist())
    return xy[i], list(shapes)[owner[i]], away_m


def _moved(shape: Shape, at: NDArray[np.float64], to: NDArray[np.float64]) -> Shape:
    moved: Shape = shapely.transform(
        shape, lambda xy: np.where((xy == at).all(axis=1)[:, None], to, xy)
    )
    return moved


def _directions(shape: Shape) -> NDArray[np.bool_]:
    """Whether each ring runs counter-clockwise, in ring order."""
    return np.asarray(shapely.is_ccw(rings_of_one(shape)), dtype=np.bool_)
