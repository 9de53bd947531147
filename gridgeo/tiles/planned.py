"""The map as a plan would make it, drawn: the live map followed by one change more."""

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from psycopg import Connection

from gridgeo.db.cache import ImmutableCache
from gridgeo.geometry.shifting import shifted
from gridgeo.plans import store as plans
from gridgeo.plans.model import Plan
from gridgeo.plans.replays import Replays
from gridgeo.tiles.cache import TileCache
from gridgeo.tiles.drawn.drawings import Change, Drawings
from gridgeo.tiles.drawn.live import MOST_PATCHED
from gridgeo.tiles.drawn.sheet import Rows
from gridgeo.tiles.drawn.shelf import Shelf
from gridgeo.tiles.drawn.store import change_between, shapes_of
from gridgeo.tiles.drawn.tree import Tree
from gridgeo.tiles.model import FIRST_TEMPORARY_ID, Planned, said_of
from gridgeo.units import store as units
from gridgeo.units.model import Shape

MOST_BYTES = 8 * 1024 * 1024
"""How many bytes of tiles of one plan a worker keeps."""

PLANS = 8
"""How many plans a worker keeps drawn."""

Key = tuple[int, int, int]


def planned(conn: Connection[Any], plan: Plan, replays: Replays) -> Planned:
    """Return what a plan makes of the units of the version that it was drawn on."""
    so_far = plans.map_of(conn, plan, replays)
    delta = so_far.done.units
    parents = {unit.parent_code for unit in delta.new.values() if unit.parent_code is not None}
    ids = units.unit_ids(conn, {*delta.codes, *parents})
    fresh = sorted(code for code in delta.new if code not in ids)
    ids |= {code: FIRST_TEMPORARY_ID + k for k, code in enumerate(fresh)}
    return Planned(
        plan.plan_id,
        plan.revision,
        plan.base_version,
        {level.level: level.depth for level in so_far.profile.levels},
        frozenset(ids[code] for code in delta.old if code not in delta.new),
        {ids[code]: unit for code, unit in delta.new.items()},
        {code: ids[code] for code in parents},
        frozenset(
            ids[code]
            for code, unit in delta.new.items()
            if code in delta.old and delta.old[code].shape != unit.shape
        ),
    )


class PlannedTiles:
    """The plans that this process has been asked for: what they change, and their drawings."""

    def __init__(self, size: int = PLANS) -> None:
        self._planned: ImmutableCache[Key, Planned] = ImmutableCache(size)
        self._drawn: ImmutableCache[tuple[Key, str | None, int], _Drawn] = ImmutableCache(size)

    def planned(self, conn: Connection[Any], plan: Plan, replays: Replays) -> Planned:
        """Return what a plan changes; raises `EditRefused` by an edit that cannot be done."""
        key = plan.plan_id, plan.revision, plan.base_version
        return self._planned.get(key, lambda: planned(conn, plan, replays))

    def shelf(
        self, conn: Connection[Any], live: Shelf, plan: Planned, datum: str | None
    ) -> Shelf | None:
        """Return the tiles of the map as a plan would make it; None if it changes too much."""
        key = (plan.plan_id, plan.revision, plan.version), datum, live.version.version
        return self._drawn.get(key, lambda: _Drawn(_shelf(conn, live, plan, datum))).shelf


class _Drawn(NamedTuple):
    shelf: Shelf | None


def _shelf(conn: Connection[Any], live: Shelf, plan: Planned, datum: str | None) -> Shelf | None:
    """Draw a plan: the live map, brought to the version of the plan, followed by its change."""
    before = _drawings_at(conn, live, plan.version, datum)
    if before is None or len(plan.units) + len(plan.gone) > MOST_PATCHED:
        return None
    read = partial(_shapes, conn, plan, datum)
    drawings, _ = before.followed(_change(before.tree, plan), read)
    return replace(live, drawings=drawings, cache=TileCache(MOST_BYTES))


def _drawings_at(
    conn: Connection[Any], live: Shelf, version: int, datum: str | None
) -> Drawings | None:
    """Return the drawings of a version, most often the live one; None if it is too different."""
    if live.version.version == version:
        return live.drawings
    change = change_between(conn, live.drawings.tree, live.version.version, version)
    if max(len(change.reshaped), len(change.said)) > MOST_PATCHED:
        return None
    return live.drawings.followed(change, partial(shapes_of, conn, version, datum=datum))[0]


def _change(tree: Tree, plan: Planned) -> Change:
    """Return what leads from the units of the plan's version to those of the plan."""
    rows = [
        (
            number,
            None if unit.parent_code is None else plan.parents[unit.parent_code],
            plan.depths[unit.level],
            unit.is_leaf,
        )
        for number, unit in plan.units.items()
    ]
    said = {number: tuple(said_of(unit).values()) for number, unit in plan.units.items()}
    gone, reshaped = (np.array(sorted(ids), dtype=np.int32) for ids in (plan.gone, plan.reshaped))
    return Change(tree.replaced(gone, rows), said, reshaped)


def _shapes(conn: Connection[Any], plan: Planned, datum: str | None, ids: Rows) -> list[Shape]:
    """Return the shapes of units, given ascending by id, as the plan has them, in their order."""
    stored = np.array([n for n in ids.tolist() if n not in plan.units], dtype=np.int32)
    shapes = dict(zip(stored.tolist(), shapes_of(conn, plan.version, stored), strict=True))
    found = [plan.units[n].shape if n in plan.units else shapes[n] for n in ids.tolist()]
    return found if datum is None else shifted(found, datum).tolist()
