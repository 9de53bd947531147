"""Give ground from one leaf to its neighbour, and back, where their border moves.

The old stretch of the border and its new way enclose what changes hands, wherever they cross.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon

from gridgeo.geometry.edits.cutting import (
    Piece,
    broad_ones,
    cut_up,
    put_together,
    refused_at,
    refused_in,
)
from gridgeo.geometry.faces import shared_edges
from gridgeo.geometry.lattice import to_degrees
from gridgeo.geometry.predicates import OUTSIDE, relate
from gridgeo.geometry.segments import Shape, as_lines, shape_array, unpack

Places = NDArray[np.float64]


@dataclass(frozen=True)
class Way:
    """A stretch of a border and the line that replaces it: (n, 2) in degrees, with equal ends."""

    old: Places
    new: Places

    def encloses(self, lon: float, lat: float) -> bool:
        """Whether a place lies between old and new way, by the even-odd rule."""
        ring = np.concatenate((self.old, self.new[::-1]))
        return bool(relate(Polygon(ring), lon, lat)[0] != OUTSIDE)


def shared_border(leaves: Mapping[str, Shape]) -> list[LineString]:
    """Return the stretches of the common border of two leaves (by code), all in degrees.

    Raises
    ------
    EditRefused
        `not_adjacent`.
    """
    edges = shared_edges(shape_array(list(leaves.values())))
    if not len(edges.start):
        one, other = leaves
        message = f"{one} and {other} have no common border; name two neighbours"
        raise refused_in("not_adjacent", message, leaves[one], leaves)
    lines = shapely.transform(as_lines(unpack(edges.start), unpack(edges.end)), to_degrees)
    joined = shapely.line_merge(shapely.union_all(lines))
    return [line for line in shapely.get_parts(joined) if isinstance(line, LineString)]


def swapped(leaves: Mapping[str, Shape], ways: Sequence[Way], sliver_m: float) -> dict[str, Shape]:
    """Return two leaves (degrees, on the lattice) after their border has taken its new ways.

    Parameters
    ----------
    leaves
        The two by code; they share the old ways.
    ways
        What moves, and where to.
    sliver_m
        Where a new way leaves the two by less than this, it follows their outer border.

    Raises
    ------
    EditRefused
        `outside`: a new way takes ground of others. `does_not_cut`: nothing changes.
        `empty_result`: nothing would be left of one.
    """
    one, other = leaves
    pieces = cut_up(leaves, [LineString(way.new) for way in ways])
    moving = {id(piece) for piece in pieces if _is_enclosed(piece, ways)}
    beyond = [piece for piece in pieces if not piece.cover and id(piece) in moving]
    for piece in broad_ones(beyond, sliver_m)[:1]:
        message = (
            f"the new border leaves {one} and {other} by {piece.area_m2:.1f} m2; draw it on their "
            "ground"
        )
        raise refused_in("outside", message, piece.shape, (one, other))
    if not any(piece.cover and id(piece) in moving for piece in pieces):
        message = "the border runs there already; nothing would change"
        raise refused_at("does_not_cut", message, ways[0].new[0], (one, other))
    after = {}
    for code, neighbour in ((one, other), (other, one)):
        kept = [piece for piece in pieces if code in piece.cover]
        got = [piece for piece in pieces if neighbour in piece.cover]
        after[code] = put_together(
            [
                *(piece for piece in kept if id(piece) not in moving),
                *(piece for piece in got if id(piece) in moving),
            ]
        )
        if after[code].is_empty:
            message = f"nothing would be left of {code}; merge the two instead"
            raise refused_in("empty_result", message, leaves[code], (one, other))
    return after


def _is_enclosed(piece: Piece, ways: Sequence[Way]) -> bool:
    lon, lat = shapely.get_coordinates(shapely.point_on_surface(piece.shape))[0].tolist()
    return sum(way.encloses(lon, lat) for way in ways) % 2 == 1
