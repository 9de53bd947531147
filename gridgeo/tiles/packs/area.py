"""Where the tiles of a pack lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from gridgeo.errors import NotFound
from gridgeo.geometry.shifting import shifted
from gridgeo.tiles.packs.blocks import Ground
from gridgeo.tiles.store import bounds
from gridgeo.units.model import Unit
from gridgeo.units.store import unit_ids, units_by_ids

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Area:
    """The ground of a pack, its bounds in degrees, and the unit that it is made for."""

    ground: Ground
    bounds: Bounds
    unit: Unit | None = None

    @classmethod
    def of(cls, conn: Connection[Any], version: int, code: str | None, datum: str | None) -> "Area":
        """Return the area of the city, or of a unit; raises `NotFound` if nobody has the code."""
        if code is None:
            box = _bounds(bounds(conn, version, datum))
            return cls(Ground.of_bounds(*box), box)
        unit = _unit(conn, version, code)
        shape = unit.shape if datum is None else shifted([unit.shape], datum)[0]
        return cls(Ground.of_shape(shape), _bounds(shape.bounds), unit)


def _bounds(sides: Sequence[float]) -> Bounds:
    west, south, east, north = sides
    return west, south, east, north


def _unit(conn: Connection[Any], version: int, code: str) -> Unit:
    ids = list(unit_ids(conn, [code]).values())
    for unit in units_by_ids(conn, version, ids).values():
        return unit
    raise NotFound(
        f"No unit carries the code {code!r} in map version {version}.", key="unit", value=code
    )
