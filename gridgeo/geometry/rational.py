"""The slow twin of `predicates.py`: rational numbers, one point at a time, nothing clever."""

from fractions import Fraction
from itertools import pairwise

from shapely.geometry import LinearRing, MultiPolygon, Polygon

Pair = tuple[Fraction, Fraction]


def orientation_rational(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    """Side of the directed line a to b on which p lies: 1 left, 0 on the line, -1 right."""
    cross = (Fraction(bx) - Fraction(ax)) * (Fraction(py) - Fraction(ay)) - (
        Fraction(by) - Fraction(ay)
    ) * (Fraction(px) - Fraction(ax))
    return (cross > 0) - (cross < 0)


def relate_rational(polygon: Polygon | MultiPolygon, lon: float, lat: float) -> int:
    """Where a point (degrees) lies: 1 inside, 0 on the boundary, -1 outside."""
    point = (Fraction(lon), Fraction(lat))
    edges = [edge for ring in _rings(polygon) for edge in _edges(ring)]
    if any(_on_segment(a, b, point) for a, b in edges):
        return 0
    return 1 if sum(_is_west_of(a, b, point) for a, b in edges) % 2 else -1


def _rings(polygon: Polygon | MultiPolygon) -> list[LinearRing]:
    parts = polygon.geoms if isinstance(polygon, MultiPolygon) else [polygon]
    return [ring for part in parts for ring in (part.exterior, *part.interiors)]


def _edges(ring: LinearRing) -> list[tuple[Pair, Pair]]:
    corners = [(Fraction(x), Fraction(y)) for x, y in ring.coords]
    return list(pairwise(corners))


def _on_segment(a: Pair, b: Pair, p: Pair) -> bool:
    cross = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
    dot = (a[0] - p[0]) * (b[0] - p[0]) + (a[1] - p[1]) * (b[1] - p[1])
    return cross == 0 and dot <= 0


def _is_west_of(a: Pair, b: Pair, p: Pair) -> bool:
    """Whether the ray from p to the east meets the edge, which holds one of its two ends."""
    if (a[1] <= p[1]) == (b[1] <= p[1]):
        return False
    x = a[0] + (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1])
    return p[0] < x
