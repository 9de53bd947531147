"""Polygons that may overlap, such as the exclusive grids: which cover a point, exactly."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.plain_index import PlainIndex

STEP = 0.005
"""Degrees: the width of the bins that boxes are sorted into."""

CLEAR = 1e-9
"""Degrees: farther than this from a border a float test cannot err."""

Shape = Polygon | MultiPolygon


class Overlay:
    """Answers, mostly in a few microseconds, because most points lie in no box at all.

    Parameters
    ----------
    shapes : sequence of polygon or multipolygon
        In degrees, on the lattice.
    """

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._shapes = np.array(shapes, dtype=object)
        self._bins: dict[tuple[int, int], list[tuple[int, list[float]]]] = {}
        for row, box in enumerate(shapely.bounds(self._shapes).reshape(-1, 4).tolist()):
            west, south, east, north = (int(value // STEP) for value in box)
            for u in range(west, east + 1):
                for v in range(south, north + 1):
                    self._bins.setdefault((u, v), []).append((row, box))

    def covering(self, lon: float, lat: float) -> list[int]:
        """Positions of the polygons that cover a point in degrees, ascending."""
        found = self._bins.get((int(lon // STEP), int(lat // STEP)), ())
        rows = [row for row, (w, s, e, n) in found if w <= lon <= e and s <= lat <= n]
        if not rows:
            return []
        shapes, at = self._shapes[rows], shapely.points((lon, lat))
        if float(shapely.distance(shapely.boundary(shapes), at).min()) <= CLEAR:
            return sorted(self._exact.locate_all(lon, lat))
        inside = shapely.intersects(shapes, at).tolist()
        return [row for row, hit in zip(rows, inside, strict=True) if hit]

    @cached_property
    def _exact(self) -> PlainIndex:
        return PlainIndex.build(self._shapes.tolist(), snap=False)
