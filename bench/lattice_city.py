"""A city of wiggly blocks, made in seconds: a lattice of cells that share their borders exactly.

Every side of a cell is the same run of points for both neighbours, and a unit of a level above the
leaves is a block of them.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

ROWS, COLUMNS = 272, 394
BLOCKS = ((ROWS, COLUMNS), (80, 81), (20, 27), (4, 9), (2, 3), (1, 1))
"""Rows and columns of leaves in a unit of each level, from the city down."""

STEPS = 11  # from corner to corner of a leaf: 44 vertices around it
CELL = 20_000  # lattice units, some 200 m

Points = NDArray[np.int64]


@dataclass(frozen=True)
class LatticeCity:
    """Units of all levels from the root down, the leaves last; -1 is the root's parent."""

    shapes: NDArray[np.object_]
    codes: list[str]
    parents: NDArray[np.int64]
    is_leaf: NDArray[np.bool_]


def lattice_city(seed: int = 1, rows: int = ROWS, columns: int = COLUMNS) -> LatticeCity:
    """Make a city; a smaller one is a corner of the large one."""
    sides = _sides(np.random.default_rng(seed), rows, columns)
    rings, codes, parents = [], [], []
    above = np.full((rows, columns), -1)
    for depth, (tall, wide) in enumerate(BLOCKS):
        unit_of = np.empty_like(above)
        for r in range(0, rows, tall):
            for c in range(0, columns, wide):
                top, right = min(r + tall, rows), min(c + wide, columns)
                unit_of[r:top, c:right] = len(rings)
                parents.append(int(above[r, c]))
                codes.append(f"{depth}-{r:04d}-{c:04d}")
                rings.append(_ring(*sides, r, top, c, right))
        above = unit_of
    owner = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    linear = shapely.linearrings(np.concatenate(rings) / 1e7, indices=owner)
    is_leaf = np.arange(len(rings)) >= len(rings) - rows * columns
    return LatticeCity(shapely.polygons(linear), codes, np.array(parents), is_leaf)


def _sides(chance: np.random.Generator, rows: int, columns: int) -> tuple[Points, Points]:
    """Sides that run east, (rows + 1, columns, STEPS + 1, 2), and those that run north."""
    y, x = np.mgrid[0 : rows + 1, 0 : columns + 1]
    corners = np.stack((1_130_000_000 + x * CELL, 345_000_000 + y * CELL), axis=2)
    corners += chance.integers(-CELL // 7, CELL // 7, corners.shape)
    eastward = _wiggly(chance, corners[:, :-1], corners[:, 1:], aside=1)
    northward = _wiggly(chance, corners[:-1], corners[1:], aside=0)
    return eastward, northward


def _wiggly(chance: np.random.Generator, start: Points, end: Points, aside: int) -> Points:
    share = np.linspace(0, 1, STEPS + 1)[:, None]
    side = np.rint(start[:, :, None] + (end - start)[:, :, None] * share).astype(np.int64)
    inner = side[:, :, 1:-1, aside]
    inner += chance.integers(-CELL // 30, CELL // 30, inner.shape)
    return side


def _ring(
    eastward: Points, northward: Points, south: int, north: int, west: int, east: int
) -> Points:
    """Open ring, counter-clockwise, around the leaves of some rows and columns."""
    return np.concatenate([
        eastward[south, west:east, :-1].reshape(-1, 2),
        northward[south:north, east, :-1].reshape(-1, 2),
        eastward[north, west:east, 1:].reshape(-1, 2)[::-1],
        northward[south:north, west, 1:].reshape(-1, 2)[::-1],
    ])  # fmt: skip
