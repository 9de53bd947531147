"""The layers of thematic maps: figures of units and of hexagons, open to everybody.

They show the live map, whatever version is asked for, as `/density` does.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import h3
import numpy as np
import shapely
from psycopg import Connection
from psycopg.types.json import Jsonb

from gridgeo.analysis.board import CellBoard, UnitBoard
from gridgeo.analysis.figures import CELL_RATES, NONE, UNIT_RATES, Classes, Column, Figures
from gridgeo.db.layers import Layer, Reckon
from gridgeo.db.sql import statement

UNITS_NEAR = statement(__package__, "units_near")
FIGURES_OF_UNITS = statement(__package__, "layer_theme")
FIGURES_OF_CELLS = statement(__package__, "layer_density")

COUNTED = {
    "households": "how many households",
    "events": "how many events in a year; absent if too few to be shown",
    "devices": "how many devices; absent if too few to be shown",
}

_ID_BITS = 52
"""The lower bits of an H3 cell tell it from all others, and fit the numbers of JavaScript."""

METRES_OF_A_DEGREE = 111_195.0
"""Of latitude, on the sphere that H3 takes."""

V = TypeVar("V")
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ByZoom(Generic[V]):
    """What is shown from which zoom on."""

    begins: Mapping[int, V]

    def at(self, z: int) -> V:
        """Return what is shown at a zoom; before the first, what begins there."""
        return self.begins[max((one for one in self.begins if one <= z), default=min(self.begins))]


@dataclass(frozen=True, slots=True)
class UnitTheme:
    """Figures of units, of which level depends on the zoom."""

    name: str
    levels: ByZoom[str]
    classes: Mapping[str, Classes]
    board: UnitBoard

    @classmethod
    def of(cls, name: str, row: Mapping[str, Any]) -> "UnitTheme":
        """Read a row of `tiles/layers.toml`: `levels` by zoom, `classes`."""
        classes = _classes(name, row, UNIT_RATES)
        return cls(name, _by_zoom(row["levels"], str), classes, UnitBoard(classes))

    @property
    def layer(self) -> Layer:
        """The layer, for maps that are not drawn."""
        key = {"code": "official code", "level": "level of the unit"}
        return _layer(self.name, FIGURES_OF_UNITS, key, UNIT_RATES, self.classes, self._reckon)

    def figures(self, conn: Connection[Any], z: int) -> Figures:
        """Return the figures of the cover shown at a zoom."""
        return self.board.figures(conn, self.levels.at(z))

    def _reckon(self, conn: Connection[Any], given: Given) -> Given:
        figures = self.figures(conn, given["z"])
        near = np.array(conn.execute(UNITS_NEAR, given).fetchall(), dtype=np.int64).ravel()
        rows = figures.rows_of(near)
        return _as_json({"id": int(figures.ids[row]), **figures.said(row)} for row in _some(rows))


@dataclass(frozen=True, slots=True)
class CellTheme:
    """Figures of hexagons, how fine they are depends on the zoom."""

    name: str
    resolutions: ByZoom[int]
    classes: Mapping[str, Classes]
    board: CellBoard

    @classmethod
    def of(cls, name: str, row: Mapping[str, Any]) -> "CellTheme":
        """Read a row of `tiles/layers.toml`: `resolutions` by zoom, `classes`."""
        classes = _classes(name, row, CELL_RATES)
        return cls(name, _by_zoom(row["resolutions"], int), classes, CellBoard(classes))

    @property
    def layer(self) -> Layer:
        """The layer."""
        key = {"cell": "H3 cell"}
        return _layer(self.name, FIGURES_OF_CELLS, key, CELL_RATES, self.classes, self._reckon)

    def _reckon(self, conn: Connection[Any], given: Given) -> Given:
        resolution = self.resolutions.at(given["z"])
        figures = self.board.figures(conn, resolution)
        near = np.array(_cells_near(given, resolution), dtype=np.int64)
        rows = figures.rows_of(near)
        return _as_json(_hexagon(int(figures.ids[row]), figures.said(row)) for row in _some(rows))


def _by_zoom(table: Mapping[str, Any], kind: Callable[[Any], V]) -> ByZoom[V]:
    """Read a table by zoom, whose keys TOML keeps as text."""
    return ByZoom({int(zoom): kind(shown) for zoom, shown in table.items()})


def _classes(name: str, row: Mapping[str, Any], counts: Iterable[str]) -> dict[str, Classes]:
    missing = ", ".join(sorted(set(counts) - row.get("classes", {}).keys()))
    if missing:
        raise ValueError(f"[{name}.classes] in tiles/layers.toml lacks {missing}")
    return {count: Classes(tuple(row["classes"][count])) for count in counts}


def _layer(
    name: str,
    query: bytes,
    key: Mapping[str, str],
    rates: Mapping[str, str],
    classes: Mapping[str, Classes],
    reckon: Reckon,
) -> Layer:
    """Return a layer whose rows come from memory, open to everybody."""
    fields = dict(key)
    for count, rate in rates.items():
        begins = ", ".join(map(str, classes[count].breaks))
        fields |= {
            count: COUNTED[count],
            rate: f"{rate.replace('_', ' ')}, a whole number",
            f"{count}_class": f"class of {rate}, 1 to 9; classes 2 to 9 begin at {begins}",
        }
    return Layer(
        name=name,
        geometry="polygon",
        statement=query,
        fields=fields,
        parameters={},
        reckon=reckon,
        breaks={f"{count}_class": classes[count].breaks for count in rates},
    )


def _some(rows: Column) -> list[int]:
    found: list[int] = rows[rows != NONE].tolist()
    return found


def _as_json(rows: Iterable[Mapping[str, object]]) -> Given:
    return {"rows": Jsonb(list(rows))}


def _cells_near(given: Given, resolution: int) -> list[int]:
    """Return the hexagons that come into the box of a tile, and some around it."""
    reach: bytes = given["reach"]
    west, south, east, north = shapely.from_wkb(reach).bounds
    tall = 2 * h3.average_hexagon_edge_length(resolution, unit="m") / METRES_OF_A_DEGREE
    wide = tall / math.cos(math.radians(max(abs(south), abs(north))))
    ring = shapely.box(west - wide, south - tall, east + wide, north + tall).exterior.coords
    cells = h3.h3shape_to_cells(h3.LatLngPoly([(lat, lon) for lon, lat in ring]), resolution)
    return sorted(h3.str_to_int(cell) for cell in cells)


def _hexagon(cell: int, said: Mapping[str, int]) -> dict[str, object]:
    """Return a row of the statement."""
    name = h3.int_to_str(cell)
    ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(name)]
    shape = shapely.set_srid(shapely.Polygon(ring), 4326)
    return {
        "id": cell & (1 << _ID_BITS) - 1,
        "cell": name,
        "shape": shapely.to_wkb(shape, hex=True, include_srid=True),
        **said,
    }
