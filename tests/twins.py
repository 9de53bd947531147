"""Slow and obvious twins: whose is a point, by whole numbers only.

Every double is a whole number of 2^-60 degrees as long as it is a coordinate, so the twin scales by
2^60 and needs no rounding at all.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import shapely

SCALE = 2**60


def exact(values: Sequence[float]) -> np.ndarray:
    """Doubles as whole numbers of 2^-60, as an array of Python ints."""
    scaled = [Fraction(value) * SCALE for value in values]
    assert all(number.denominator == 1 for number in scaled)
    return np.array([int(number) for number in scaled], dtype=object)


class ExactTwin:
    """All leaves of a city, their edges as whole numbers."""

    def __init__(self, shapes: dict[str, shapely.Polygon]) -> None:
        self.codes = sorted(shapes, key=str.encode)
        self._tree = shapely.STRtree([shapes[code] for code in self.codes])
        self._edges = [self._edges_of(shapes[code]) for code in self.codes]

    @staticmethod
    def _edges_of(shape: shapely.Polygon) -> tuple[np.ndarray, ...]:
        starts, ends = [], []
        for polygon in getattr(shape, "geoms", [shape]):
            for ring in (polygon.exterior, *polygon.interiors):
                corners = shapely.get_coordinates(ring)
                starts.append(corners[:-1])
                ends.append(corners[1:])
        (ax, ay), (bx, by) = np.concatenate(starts).T, np.concatenate(ends).T
        return exact(ax), exact(ay), exact(bx), exact(by)

    def owners(self, points: Sequence[tuple[float, float]]) -> list[str | None]:
        """For each point the covering leaf with the lowest code, None outside."""
        found: list[str | None] = [None] * len(points)
        numbers, rows = self._tree.query(shapely.points(points))
        for number, row in sorted(zip(numbers.tolist(), rows.tolist(), strict=True)):
            if found[number] is None:
                px, py = exact(points[number])
                if self._covers(self._edges[row], px, py):
                    found[number] = self.codes[row]
        return found

    @staticmethod
    def _covers(edges: tuple[np.ndarray, ...], px: int, py: int) -> bool:
        ax, ay, bx, by = edges
        cross = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
        within_x = (np.minimum(ax, bx) <= px) & (px <= np.maximum(ax, bx))
        within_y = (np.minimum(ay, by) <= py) & (py <= np.maximum(ay, by))
        if bool(np.any((cross == 0) & within_x & within_y)):
            return True
        upward = (ay <= py) & (py < by) & (cross > 0)
        downward = (by <= py) & (py < ay) & (cross < 0)
        return bool((np.count_nonzero(upward) + np.count_nonzero(downward)) % 2)


def vertices_and_midpoints(shapes: dict[str, shapely.Polygon]) -> list[tuple[float, float]]:
    """Every vertex and every edge midpoint of a set of shapes, once each."""
    points: set[tuple[float, float]] = set()
    for shape in shapes.values():
        for polygon in getattr(shape, "geoms", [shape]):
            for ring in (polygon.exterior, *polygon.interiors):
                corners = shapely.get_coordinates(ring)
                middles = (corners[:-1] + corners[1:]) / 2
                points.update(map(tuple, corners.tolist()))
                points.update(map(tuple, middles.tolist()))
    return sorted(points)
