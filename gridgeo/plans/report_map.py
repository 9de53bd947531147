"""A small map of a plan as SVG: old borders, new borders, and ground that changes hands."""

import math
from collections.abc import Iterable, Sequence
from html import escape

import shapely
from shapely.geometry.base import BaseGeometry

from gridgeo.plans.diff import Page

LONGER_SIDE = 720
MARGIN = 12
MOST_SHAPES = 2_000


def svg_map(page: Page, title: str) -> str | None:
    """Draw the leaves of a page of a diff; None when there is nothing to draw, or too much.

    North is up; a degree of longitude is as long as it is in the middle of the map.
    """
    leaves = [row for row in page.shown if row.changed.unit.is_leaf]
    old = [row.old for row in leaves if row.old is not None]
    new = [row.new for row in leaves if row.new is not None]
    if not old + new or len(old) + len(new) > MOST_SHAPES:
        return None
    frame = _Frame.around([*old, *new])
    parts = [
        *(frame.path(shape, "before") for shape in old),
        *(frame.path(move.shape, "moved") for move in page.moves),
        *(frame.path(shape, "after") for shape in new),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width} {frame.height}" '
        f'role="img" aria-label="{escape(title)}"><style>path{{fill:none;stroke-width:1}}'
        ".before{stroke:#777;stroke-dasharray:4 3}.moved{fill:#e0a030;fill-opacity:.55}"
        ".after{stroke:#b3261e;stroke-width:1.6}</style>" + "".join(parts) + "</svg>"
    )


class _Frame:
    """From degrees to the picture."""

    def __init__(
        self, west: float, north: float, per_degree: tuple[float, float], width: int, height: int
    ) -> None:
        self._west, self._north = west, north
        self._x, self._y = per_degree
        self.width, self.height = width, height

    @classmethod
    def around(cls, shapes: Sequence[BaseGeometry]) -> "_Frame":
        west, south, east, north = shapely.total_bounds(shapes).tolist()
        shrink = math.cos(math.radians((south + north) / 2))
        scale = (LONGER_SIDE - 2 * MARGIN) / max((east - west) * shrink, north - south)
        width = math.ceil((east - west) * shrink * scale) + 2 * MARGIN
        height = math.ceil((north - south) * scale) + 2 * MARGIN
        return cls(west, north, (scale * shrink, scale), width, height)

    def path(self, shape: BaseGeometry, kind: str) -> str:
        rings = shapely.get_rings(shapely.get_parts(shape))
        line = "".join(self._ring(shapely.get_coordinates(ring).tolist()) for ring in rings)
        return f'<path class="{kind}" d="{line}"/>'

    def _ring(self, corners: Iterable[Sequence[float]]) -> str:
        points = [
            f"{MARGIN + (lon - self._west) * self._x:.1f} "
            f"{MARGIN + (self._north - lat) * self._y:.1f}"
            for lon, lat in corners
        ]
        return f"M{'L'.join(points)}Z"
