"""Reshape a shared border: a new line replaces it between two points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString
from shapely.ops import substring

from gridgeo.geometry.edits.cutting import refused_at, sound_line
from gridgeo.geometry.edits.reach import nearest_on
from gridgeo.geometry.edits.swap import Way, shared_border, swapped
from gridgeo.geometry.segments import Shape

Places = NDArray[np.float64]


@dataclass(frozen=True)
class ReshapeBorder:
    """Let the border of two leaves run along a line between the ends of that line.

    Parameters
    ----------
    line
        The new way, in degrees, of any precision; it begins and ends on the border.
    reach_m
        So far its ends may lie off the border; then they are taken there.
    """

    line: LineString
    reach_m: float

    def drawn(self, leaves: Mapping[str, Shape]) -> dict[str, Shape]:
        """Return the two leaves (by code, in degrees, on the lattice) with their new border.

        Raises
        ------
        EditRefused
            `too_short`, `crosses_itself`, `not_adjacent`, `not_on_border` (an end, or the two lie
            on different stretches of it), `outside`, `does_not_cut` or `empty_result`.
        """
        codes = tuple(leaves)
        line = sound_line(self.line, codes)
        stretches = shared_border(leaves)
        xy = shapely.get_coordinates(line)
        first, last = (self._taken(end, stretches, codes) for end in (xy[0], xy[-1]))
        way = self._way(np.vstack((first, xy, last)), stretches, codes)
        return swapped(leaves, [way], self.reach_m)

    def _taken(self, end: Places, stretches: Sequence[LineString], codes: Sequence[str]) -> Places:
        there, away_m = nearest_on(shapely.union_all(stretches), end)
        if away_m > self.reach_m:
            message = (
                f"the line ends {away_m:.2f} m off the border of {codes[0]} and {codes[1]}; let it "
                f"end on the border, nearest at ({there[0]}, {there[1]})"
            )
            raise refused_at("not_on_border", message, end, codes)
        return there

    @staticmethod
    def _way(new: Places, stretches: Sequence[LineString], codes: Sequence[str]) -> Way:
        ends = shapely.points(new[[0, -1]])
        stretch = min(stretches, key=lambda line: float(shapely.distance(line, ends).sum()))
        if float(shapely.distance(stretch, ends).max()) > _ON:
            message = (
                "the line ends on two different stretches of the border, with others between; "
                "reshape each stretch by itself"
            )
            raise refused_at("not_on_border", message, new[-1], codes)
        return way_between(stretch, new)


_ON = 1.5e-7  # degrees: a point of the border brought to the lattice


def way_between(stretch: LineString, new: Places) -> Way:
    """Return the way from a part of a stretch (degrees) to the line (n, 2) between its ends.

    Of a border that runs around a leaf the shorter of two parts is replaced.
    """
    start, end = (float(stretch.project(shapely.Point(place))) for place in new[[0, -1]])
    old = shapely.get_coordinates(substring(stretch, start, end))
    if stretch.is_ring and abs(end - start) > stretch.length / 2:
        old = _the_other_way(stretch, start, end)
    return Way(np.vstack((new[:1], old, new[-1:])), new)


def _the_other_way(ring: LineString, start: float, end: float) -> Places:
    """Return the part of a ring from start to end that runs through its first point."""
    outward, inward = (start, end) if start < end else (end, start)
    tail = shapely.get_coordinates(substring(ring, inward, ring.length))
    head = shapely.get_coordinates(substring(ring, 0.0, outward))
    around = np.concatenate((tail, head))
    return around if start > end else around[::-1]
