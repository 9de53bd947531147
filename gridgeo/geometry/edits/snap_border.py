"""Snap a border onto a given line, such as the middle of a road, where it runs near it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString
from shapely.ops import substring

from gridgeo.geometry.edits.cutting import refused_at, sound_line
from gridgeo.geometry.edits.reach import Plane
from gridgeo.geometry.edits.reshape_border import way_between
from gridgeo.geometry.edits.swap import Way, shared_border, swapped
from gridgeo.geometry.errors import EditRefused
from gridgeo.geometry.segments import Shape

_LEAST_M = 0.1  # a shorter stretch within the tolerance only crosses the line


@dataclass(frozen=True)
class SnapBorder:
    """Let the border of two leaves run along a line wherever it lies near that line.

    Parameters
    ----------
    onto
        In degrees, of any precision.
    tolerance_m
        So far the border may lie off the line.
    """

    onto: LineString
    tolerance_m: float

    def drawn(self, leaves: Mapping[str, Shape]) -> dict[str, Shape]:
        """Return the two leaves (by code, in degrees, on the lattice) with their new border.

        Where the border comes within the tolerance, or leaves it, it steps over to the line.

        Raises
        ------
        EditRefused
            `too_short`, `crosses_itself`, `not_adjacent`, `not_on_border` (no part of the border
            lies so near), `outside`, `does_not_cut` or `empty_result`.
        """
        codes = tuple(leaves)
        onto = sound_line(self.onto, codes)
        stretches = shared_border(leaves)
        plane = Plane(float(shapely.get_coordinates(onto)[0, 1]))
        ways = [way for stretch in stretches for way in self._ways(stretch, onto, plane)]
        if not ways:
            raise self._far(stretches, onto, plane, codes)
        return swapped(leaves, ways, self.tolerance_m)

    def _ways(self, stretch: LineString, onto: LineString, plane: Plane) -> Iterator[Way]:
        border, line = plane.in_m(stretch), plane.in_m(onto)
        near = shapely.intersection(border, shapely.buffer(line, self.tolerance_m, quad_segs=16))
        for part in shapely.get_parts(shapely.line_merge(near)):
            if part.length < _LEAST_M or part.is_ring:
                continue
            ends = shapely.get_coordinates(part)[[0, -1]]
            start, end = (float(line.project(shapely.Point(place))) for place in ends)
            along = shapely.get_coordinates(substring(line, start, end))
            if abs(end - start) >= _LEAST_M:
                new = plane.in_degrees(np.vstack((ends[:1], along, ends[1:])))
                yield way_between(stretch, new)

    def _far(
        self, stretches: Sequence[LineString], onto: LineString, plane: Plane, codes: Sequence[str]
    ) -> EditRefused:
        border = shapely.union_all([plane.in_m(stretch) for stretch in stretches])
        way = shapely.shortest_line(border, plane.in_m(onto))
        message = (
            f"no stretch of the border of {codes[0]} and {codes[1]} runs within "
            f"{self.tolerance_m:g} m of the line; the nearest place is {way.length:.2f} m away"
        )
        place = plane.in_degrees(shapely.get_coordinates(way)[:1])[0]
        return refused_at("not_on_border", message, place, codes)
