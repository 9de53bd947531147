"""Polygons that may overlap, such as the exclusive grids: which cover a point, exactly."""

from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry.plain_index import PlainIndex
from gridgeo.geometry.shape_table import Shape, ShapeTable

STEP = 0.005
"""Degrees: the width of the bins that boxes are sorted into."""

COLUMN = 1 << 20
"""What the numbers of two bins beside each other differ by; more than there are in a column."""

CLEAR = 1e-9
"""Degrees: farther than this from a border a float test cannot err."""


class Overlay:
    """Answers, mostly in a few microseconds, because most points lie in no box at all.

    Parameters
    ----------
    shapes : ShapeTable
        In degrees, on the lattice; their numbers are their positions.
    """

    def __init__(self, shapes: ShapeTable) -> None:
        self._shapes = shapes
        self._boxes = shapes.boxes
        rows, bins = _bins_met(self._boxes)
        order = np.argsort(bins, kind="stable")
        numbers, starts = np.unique(bins[order], return_index=True)
        ends = np.append(starts, len(order))[1:]
        self._rows = rows[order]
        self._spans = dict(zip(numbers.tolist(), zip(starts, ends, strict=True), strict=True))
        self._bins: dict[int, list[tuple[int, list[float]]]] = {}
        self._made: dict[int, Shape] = {}

    def _bin(self, number: int) -> list[tuple[int, list[float]]]:
        """Return the polygons whose boxes meet a bin, with their boxes; kept once asked for."""
        found = self._bins.get(number)
        if found is None:
            if number not in self._spans:
                return []
            start, end = self._spans[number]
            rows = self._rows[start:end]
            found = list(zip(rows.tolist(), self._boxes[rows].tolist(), strict=True))
            self._bins[number] = found
        return found

    def covering(self, lon: float, lat: float) -> list[int]:
        """Positions of the polygons that cover a point in degrees, ascending."""
        found = self._bin(int(lon // STEP) * COLUMN + int(lat // STEP))
        rows = [row for row, (w, s, e, n) in found if w <= lon <= e and s <= lat <= n]
        if not rows:
            return []
        shapes, at = [self._shape(row) for row in rows], shapely.points((lon, lat))
        if float(shapely.distance(shapely.boundary(shapes), at).min()) <= CLEAR:
            return sorted(self._exact.locate_all(lon, lat))
        inside = shapely.intersects(shapes, at).tolist()
        return [row for row, hit in zip(rows, inside, strict=True) if hit]

    def _shape(self, row: int) -> Shape:
        found = self._made.get(row)
        if found is None:
            found = self._made[row] = self._shapes[row]
        return found

    @cached_property
    def _exact(self) -> PlainIndex:
        return PlainIndex.build(self._shapes.shapes(), snap=False)


def _bins_met(boxes: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of boxes, ascending, each as often as there are bins it meets, and these."""
    west, south, east, north = np.floor_divide(boxes, STEP).astype(np.int64).T
    high = north - south + 1
    times = (east - west + 1) * high
    rows = np.repeat(np.arange(len(boxes)), times)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(times) - times, times)
    return rows, (west[rows] + nth // high[rows]) * COLUMN + south[rows] + nth % high[rows]
