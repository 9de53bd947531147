"""How many and how dense: counts that add up, by unit or by hexagon."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import h3
import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.hexagons import count_in_cells

SMALL_COUNT = 5
"""Counts below this are hidden from callers who may not see them (a micro-grid is one to three
buildings)."""


@dataclass(frozen=True, slots=True)
class CoverUnit:
    """A unit as counting needs it."""

    unit_id: int
    code: str
    level: str
    name: str
    parent_id: int | None
    is_leaf: bool
    area_m2: float
    households: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a density answer; `code` is a unit's code or an H3 cell."""

    code: str
    name: str | None
    count: int
    area_m2: float

    @property
    def per_km2(self) -> float:
        """Count per square kilometre."""
        return self.count / self.area_m2 * 1e6


@dataclass(frozen=True, slots=True)
class Density:
    """Rows in code order, and what is not in them; together they are the total."""

    rows: tuple[Row, ...]
    outside: int
    hidden: int
    hidden_rows: int

    @property
    def total(self) -> int:
        """Every point, counted once."""
        return sum(row.count for row in self.rows) + self.outside + self.hidden


def by_unit(
    counts: Mapping[int | None, int],
    units: Sequence[CoverUnit],
    depths: Mapping[str, int],
    level: str,
) -> Density:
    """Roll leaf counts up to the cover at a level: its units and the leaves above it."""
    by_id = {unit.unit_id: unit for unit in units}
    rolled: Counter[int] = Counter()
    for unit_id, count in counts.items():
        if unit_id is not None:
            rolled[_home(by_id, unit_id, depths, level)] += count
    rows = [
        Row(unit.code, unit.name, rolled[unit.unit_id], unit.area_m2)
        for unit in units
        if unit.level == level or (unit.is_leaf and depths[unit.level] < depths[level])
    ]
    return Density(_ordered(rows), counts.get(None, 0), 0, 0)


def _home(
    units: Mapping[int, CoverUnit], unit_id: int, depths: Mapping[str, int], level: str
) -> int:
    unit = units[unit_id]
    while depths[unit.level] > depths[level] and unit.parent_id is not None:
        unit = units[unit.parent_id]
    return unit.unit_id


@dataclass(frozen=True, slots=True)
class CellCounts:
    """Points by H3 cell; those outside the city stay apart. Counts of different points add up."""

    cells: Counter[str]
    outside: int

    @classmethod
    def of(cls, points: NDArray[np.float64], outside: int, resolution: int) -> "CellCounts":
        """Count points inside the city, (n, 2) lon, lat; `outside` is how many others there are."""
        lon, lat = points.T
        numbers = count_in_cells(lon, lat, resolution)
        return cls(Counter({h3.int_to_str(n): count for n, count in numbers.items()}), outside)

    def __add__(self, other: "CellCounts") -> "CellCounts":
        return CellCounts(self.cells + other.cells, self.outside + other.outside)

    @property
    def density(self) -> Density:
        """The counts with the area of each cell."""
        rows = [
            Row(cell, None, n, h3.cell_area(cell, unit="m^2")) for cell, n in self.cells.items()
        ]
        return Density(_ordered(rows), self.outside, 0, 0)


def hide_small(density: Density) -> Density:
    """Take counts of 1 to 4 out of the rows and into `hidden`; the total stays.

    Where the sum of what is hidden gives each count away (one row, all of them 1, all of them 4),
    the smallest shown row is hidden beside it; a row of none only if there is no other.
    """
    small = [row for row in density.rows if 0 < row.count < SMALL_COUNT]
    if _given_away([row.count for row in small]):
        shown = [row for row in density.rows if not 0 < row.count < SMALL_COUNT]
        small += sorted(shown, key=lambda row: (row.count == 0, row.count, row.code))[:1]
    gone = {row.code for row in small}
    return Density(
        rows=tuple(row for row in density.rows if row.code not in gone),
        outside=density.outside,
        hidden=density.hidden + sum(row.count for row in small),
        hidden_rows=len(small),
    )


def _given_away(counts: Sequence[int]) -> bool:
    """Whether the sum of small counts leaves only one value for each of them."""
    least, most = len(counts), len(counts) * (SMALL_COUNT - 1)
    return len(counts) == 1 or (len(counts) > 1 and sum(counts) in (least, most))


def _ordered(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: row.code))
