"""A map to compare or to stand on: a published version, or a plan on top of one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.plans.model import Change
from gridgeo.units import store
from gridgeo.units.model import Unit

LEAVES_IN_BOXES = statement(__package__, "leaves_in_boxes")


@dataclass(frozen=True, slots=True)
class Side:
    """A version and what a plan does to it; without a plan the version itself."""

    version: int
    done: Change = field(default_factory=Change)

    def units(self, conn: Connection[Any], codes: Collection[str]) -> dict[str, Unit]:
        """Return the units of these codes, as far as they are there."""
        delta = self.done.units
        unread = [code for code in codes if code not in delta.old and code not in delta.new]
        return {**_by_code(conn, self.version, unread),
                **{code: delta.new[code] for code in codes if code in delta.new}}  # fmt: skip

    def leaves_in(self, conn: Connection[Any], boxes: NDArray[np.float64]) -> dict[str, Unit]:
        """Return the leaves that meet any of some boxes (n, 4) in degrees, or more, by code."""
        delta = self.done.units
        asked = {"version": self.version, **as_columns(boxes)}
        ids = [row[0] for row in conn.execute(LEAVES_IN_BOXES, asked)]
        found = store.units_by_ids(conn, self.version, ids)
        kept = {unit.code: unit for unit in found.values() if unit.code not in delta.old}
        return {**kept, **{code: unit for code, unit in delta.new.items() if unit.is_leaf}}


def _by_code(conn: Connection[Any], version: int, codes: Sequence[str]) -> Mapping[str, Unit]:
    if not codes:
        return {}
    ids = list(store.unit_ids(conn, codes).values())
    return {unit.code: unit for unit in store.units_by_ids(conn, version, ids).values()}


def as_columns(boxes: NDArray[np.float64]) -> dict[str, list[float]]:
    """Return boxes (n, 4), west, south, east, north in degrees, as columns for a statement."""
    columns = boxes.reshape(-1, 4).T.tolist()
    return dict(zip(("wests", "souths", "easts", "norths"), columns, strict=True))
