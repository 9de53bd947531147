"""What a plan changes as an overlay of tiles: its leaves, and the ground that changes hands."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import shapely
from psycopg import Connection
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from gridgeo.db.cache import ImmutableCache
from gridgeo.db.sql import statement
from gridgeo.errors import NotFound
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.squares import square_of
from gridgeo.plans.diff import Page, changed_units, page
from gridgeo.plans.model import PlanMap
from gridgeo.plans.sides import Side

DIFF_TILE = statement(__package__, "diff_tile")

MAX_ZOOM = 22
MOST_LEAVES = 100_000


@dataclass(frozen=True)
class Overlay:
    """Shapes in degrees with what is said of each: kind, code, changes, from whom, to whom."""

    shapes: Sequence[BaseGeometry]
    said: Sequence[tuple[str, str | None, str | None, str | None, str | None]]

    @classmethod
    def of(cls, found: Page) -> "Overlay":
        """Take the units as they shall be, those that go as they were, and the moved ground."""
        shapes: list[BaseGeometry] = []
        said: list[tuple[str, str | None, str | None, str | None, str | None]] = []
        for row in found.shown:
            shape = row.new if row.new is not None else row.old
            if shape is not None:
                shapes.append(shape)
                said.append(("unit", row.changed.code, ",".join(row.changed.kinds), None, None))
        for move in found.moves:
            shapes.append(move.shape)
            said.append(("moved", None, None, move.from_code, move.to_code))
        return cls(shapes, said)

    @cached_property
    def _tree(self) -> STRtree:
        return STRtree(self.shapes)

    def tile(self, conn: Connection[Any], z: int, x: int, y: int) -> bytes:
        """Return one tile; raises `NotFound` for one that is not there."""
        rows = sorted(self._tree.query(shapely.box(*tile_box(z, x, y))).tolist())
        if not rows:
            return b""
        kinds, codes, changes, froms, tos = (
            list(column) for column in zip(*(self.said[row] for row in rows), strict=True)
        )
        asked = {
            "shapes": [shapely.to_wkb(self.shapes[row]) for row in rows],
            "kinds": kinds, "codes": codes, "changes": changes, "froms": froms, "tos": tos,
            "z": z, "x": x, "y": y,
        }  # fmt: skip
        found = conn.execute(DIFF_TILE, asked).fetchone()
        return bytes(found[0]) if found and found[0] else b""


Overlays = ImmutableCache[tuple[int, int, int], Overlay]
"""Overlays by plan, revision and base version."""


def overlay_of(conn: Connection[Any], so_far: PlanMap) -> Overlay:
    """Return the overlay of the leaves that a plan changes."""
    before, after = Side(so_far.base.version), Side(so_far.base.version, so_far.done)
    leaves = [row for row in changed_units(conn, before, after) if row.unit.is_leaf]
    planar = Planar(so_far.profile.planar_srid)
    return Overlay.of(page(conn, before, after, leaves, planar, None, MOST_LEAVES))


def tile_box(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees of a web map tile with its buffer.

    Raises
    ------
    NotFound
        There is no such zoom, or no such tile at it.
    """
    count = 2**z if 0 <= z <= MAX_ZOOM else 0
    for key, number in (("x", x), ("y", y)):
        if not 0 <= number < count:
            raise NotFound(
                f"There is no tile {z}/{x}/{y}; zooms run from 0 to {MAX_ZOOM}, x and y from 0 to "
                "2^z - 1.",
                key=key,
                value=number,
            )
    return square_of(z, x, y)
