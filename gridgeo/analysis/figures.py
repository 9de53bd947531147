"""Figures for thematic maps, as columns: counts that everybody may see, rates, classes of rates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import h3
import numpy as np
from numpy.typing import NDArray

from gridgeo.analysis.model import CoverUnit, Density, hide_small

NONE = -1
"""In a column: hidden, or without sense."""

CLASSES = 9
"""How many classes a thematic map has."""

UNIT_RATES = {
    "households": "households_per_km2",
    "events": "events_per_1000_households",
    "devices": "devices_per_km2",
}
"""Rates of units, by what is counted; their classes are called after that too."""

CELL_RATES = {"events": "events_per_km2", "devices": "devices_per_km2"}
"""Rates of hexagons."""

Column = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Classes:
    """Where the classes of a rate begin: class 1 is below the first break, 9 from the last on.

    Raises
    ------
    ValueError
        Unless there are eight breaks, each above the one before.
    """

    breaks: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.breaks) != CLASSES - 1 or any(a >= b for a, b in pairwise(self.breaks)):
            raise ValueError(
                f"nine classes begin at eight ascending breaks, not at {list(self.breaks)}"
            )

    def of(self, rates: Column) -> Column:
        """Return the class of each rate, 1 to 9, `NONE` for none."""
        return np.where(rates == NONE, NONE, np.searchsorted(self.breaks, rates, "right") + 1)


class Figures(NamedTuple):
    """What may be told to everybody of units or hexagons.

    Attributes
    ----------
    ids : int64 (n,)
        Ids of units or H3 cells, ascending.
    columns : mapping of str to int64 (n,)
        Figures by name, whole numbers from 0, or `NONE`.
    """

    ids: Column
    columns: Mapping[str, Column]

    def rows_of(self, ids: Column) -> Column:
        """Row of each id, `NONE` for one that is not here."""
        if not len(self.ids):
            return np.full(len(ids), NONE)
        rows = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[rows] == ids, rows, NONE)

    def said(self, row: int) -> dict[str, int]:
        """Return the figures of one row that are not none."""
        found = {name: int(column[row]) for name, column in self.columns.items()}
        return {name: figure for name, figure in found.items() if figure != NONE}


NO_FIGURES = Figures(np.empty(0, dtype=np.int64), {})


def figures_of_units(
    units: Iterable[CoverUnit],
    events: Density,
    devices: Density,
    classes: Mapping[str, Classes],
) -> Figures:
    """Return figures of the units of a cover; small counts in it are hidden here.

    `events` and `devices` are whole counts over the cover; `classes` those of `households`,
    `events` and `devices`.
    """
    seen, held = open_counts(events), open_counts(devices)
    cover = sorted((unit for unit in units if unit.code in seen), key=lambda unit: unit.unit_id)
    households = _column(unit.households for unit in cover)
    km2 = np.array([unit.area_m2 for unit in cover]) / 1e6
    counts = {
        "households": (households, km2),
        "events": (_column(seen[unit.code] for unit in cover), households / 1000),
        "devices": (_column(held[unit.code] for unit in cover), km2),
    }
    columns = _columns(counts, UNIT_RATES, classes)
    return Figures(_column(unit.unit_id for unit in cover), columns)


def figures_of_cells(events: Density, devices: Density, classes: Mapping[str, Classes]) -> Figures:
    """Return figures of the hexagons that hold something; small counts in them are hidden here.

    `classes` are those of `events` and `devices`; a hexagon where all is hidden is not there.
    """
    seen, held = open_counts(events), open_counts(devices)
    areas = {row.code: row.area_m2 for density in (events, devices) for row in density.rows}
    told = [c for c in areas if seen.get(c, NONE) > 0 or held.get(c, NONE) > 0]
    cells = sorted(told, key=h3.str_to_int)
    km2 = np.array([areas[cell] for cell in cells]) / 1e6
    counts = {
        "events": (_column(seen.get(cell, 0) for cell in cells), km2),
        "devices": (_column(held.get(cell, 0) for cell in cells), km2),
    }
    columns = _columns(counts, CELL_RATES, classes)
    return Figures(_column(h3.str_to_int(cell) for cell in cells), columns)


def open_counts(density: Density) -> dict[str, int]:
    """Return the count of each row as everybody may see it, `NONE` where it is hidden."""
    shown = {row.code: row.count for row in hide_small(density).rows}
    return {row.code: shown.get(row.code, NONE) for row in density.rows}


def _columns(
    counts: Mapping[str, tuple[Column, Floats]],
    rates: Mapping[str, str],
    classes: Mapping[str, Classes],
) -> dict[str, Column]:
    """Return each count, its rate by what it is divided by, and the class of the rate."""
    columns: dict[str, Column] = {}
    for name, (count, divisor) in counts.items():
        rate = _rates(count, divisor)
        columns |= {name: count, rates[name]: rate, f"{name}_class": classes[name].of(rate)}
    return columns


def _rates(counts: Column, divisor: Floats) -> Column:
    """Divide, to whole numbers; `NONE` where there is no count, or nothing to divide by."""
    makes_sense = (counts != NONE) & (divisor > 0)
    quotient = np.divide(counts, divisor, out=np.zeros(len(counts)), where=makes_sense)
    return np.where(makes_sense, np.rint(quotient).astype(np.int64), NONE)


def _column(numbers: Iterable[int]) -> Column:
    return np.fromiter(numbers, dtype=np.int64)
