"""Drawn maps: a picture of letters becomes polygons on the lattice.

Every letter is a unit, every character a cell, `.` is outside; the first line is the north. Cells
of one letter are dissolved, and every cell corner on a border is a vertex of both neighbours, so a
drawn map is a coverage. With a `wobble` seed the corners off the outline move, and edges slant::

    a a b
    a c b
    d d b
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.lattice import to_degrees, to_lattice
from gridgeo.geometry.union import union_on_lattice

Shape = Polygon | MultiPolygon

FOUR_CORNERS = """
    b d
    a c
"""
ENCLAVE = """
    a a a
    a b a
    a a a
"""
TOWN = """
    a a a b b c
    a d d b c c
    e d f f f c
    e e f g g g
    h h h g i i
"""
TOUCHING = """
    a b b
    c a b
    c c a
"""
RING = """
    a a a a
    a . b a
    a b . a
    a a a a
"""
PICTURES = {
    "four_corners": FOUR_CORNERS,
    "enclave": ENCLAVE,
    "town": TOWN,
    "touching": TOUCHING,
    "ring": RING,
}


@dataclass(frozen=True)
class DrawnMap:
    """Units by code, in byte order, and the outline of them all."""

    units: Mapping[str, Shape]
    outline: Shape

    @property
    def codes(self) -> list[str]:
        return list(self.units)

    @property
    def shapes(self) -> list[Shape]:
        return list(self.units.values())

    def parents(self, children: Mapping[str, str]) -> dict[str, Shape]:
        """Unions by parent code: `{"P": "abc", "Q": "de"}`."""
        return {
            parent: union_on_lattice([self.units[code] for code in codes])
            for parent, codes in children.items()
        }


def draw(
    picture: str,
    *,
    origin: tuple[float, float] = (113.0, 34.5),
    cell: float = 0.01,
    wobble: int | None = None,
) -> DrawnMap:
    """Turn a picture into polygons in degrees; `origin` is the south-west corner."""
    rows = [line.split() for line in picture.strip().splitlines()][::-1]
    corners = _corners(rows, origin, cell, wobble)
    cells: dict[str, list[Polygon]] = {}
    for y, row in enumerate(rows):
        for x, letter in enumerate(row):
            square = corners[[y, y, y + 1, y + 1], [x, x + 1, x + 1, x]]
            cells.setdefault(letter, []).append(Polygon(to_degrees(square)))
    cells.pop(".", None)
    units = {code: union_on_lattice(cells[code]) for code in sorted(cells)}
    return DrawnMap(units, union_on_lattice(list(units.values())))


def _corners(
    rows: list[list[str]], origin: tuple[float, float], cell: float, wobble: int | None
) -> np.ndarray:
    """Lattice corners of all cells, shape (rows + 1, columns + 1, 2)."""
    y, x = np.mgrid[: len(rows) + 1, : len(rows[0]) + 1]
    degrees = np.stack((origin[0] + x * cell, origin[1] + y * cell), axis=2)
    if wobble is not None:
        step = np.random.default_rng(wobble).uniform(-0.3 * cell, 0.3 * cell, degrees.shape)
        degrees[1:-1, 1:-1] += step[1:-1, 1:-1]
    return to_lattice(degrees)
