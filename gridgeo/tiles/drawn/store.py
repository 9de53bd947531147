"""What tiles are drawn of: units with their tree and shapes, and what leads to a later version."""

from functools import partial
from typing import Any

import numpy as np
import shapely
from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.geometry.shifting import shifted
from gridgeo.tiles.drawn.drawings import Change, Drawings, Report
from gridgeo.tiles.drawn.parts import Parts
from gridgeo.tiles.drawn.scheme import Scheme
from gridgeo.tiles.drawn.sheet import Rows
from gridgeo.tiles.drawn.tree import Tree
from gridgeo.tiles.drawn.values import Values
from gridgeo.units.model import Shape

UNIT_ROWS = statement(__package__, "unit_rows")
GONE_UNITS = statement(__package__, "gone_units")
RESHAPED_UNITS = statement(__package__, "reshaped_units")
SHAPES_OF_UNITS = statement(__package__, "shapes_of_units")

_TREE_COLUMNS = 4


def draw_version(
    conn: Connection[Any], version: int, scheme: Scheme, report: Report,
    datum: str | None = None, parts: Parts | None = None,
) -> Drawings:  # fmt: skip
    """Draw a map version for all its zooms, in a datum if said; a large city takes a minute.

    Zooms that `parts` has are not drawn again.
    """
    rows = conn.execute(UNIT_ROWS, {"version": version, "before": None}).fetchall()
    tree = Tree.of([row[:_TREE_COLUMNS] for row in rows])
    values = Values.of({row[0]: row[_TREE_COLUMNS:] for row in rows})
    del rows
    read = partial(shapes_of, conn, version, datum=datum)
    return Drawings.build(tree, values, scheme, read, report, parts)


def change_between(conn: Connection[Any], tree: Tree, before: int, version: int) -> Change:
    """Return what leads from the units of a version, given as a tree, to those of another."""
    between = {"before": before, "version": version}
    rows = conn.execute(UNIT_ROWS, between).fetchall()
    gone = _ids(conn, GONE_UNITS, between)
    later = tree.replaced(gone, [row[:_TREE_COLUMNS] for row in rows])
    said = {row[0]: row[_TREE_COLUMNS:] for row in rows}
    return Change(later, said, _ids(conn, RESHAPED_UNITS, between))


def shapes_of(
    conn: Connection[Any], version: int, ids: Rows, datum: str | None = None
) -> list[Shape]:
    """Return the shapes of units, given ascending by id, at a version, in their order.

    In degrees of WGS 84, or of a datum.
    """
    found = conn.execute(SHAPES_OF_UNITS, {"ids": ids.tolist(), "version": version}).fetchall()
    shapes: list[Shape] = shapely.from_wkb([wkb for _, wkb in found]).tolist()
    return shapes if datum is None else shifted(shapes, datum).tolist()


def _ids(conn: Connection[Any], query: bytes, between: dict[str, int]) -> Rows:
    return np.array([row[0] for row in conn.execute(query, between)], dtype=np.int32)
