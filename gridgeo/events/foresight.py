"""Who would answer for open events if a plan were published: asked of the rules beforehand."""

from collections.abc import Sequence
from typing import Any

import shapely
from msgspec.structs import replace
from psycopg import Connection

from gridgeo.dispatch.deciding import Desk
from gridgeo.events.model import CLOSED_STATES
from gridgeo.locate.model import CityIndex, ExclusiveRef, UnitRef
from gridgeo.locate.store import load_index
from gridgeo.parties.books import Books
from gridgeo.plans.impact import Foresight
from gridgeo.plans.model import PlanMap
from gridgeo.units.lineage import touched_leaves
from gridgeo.units.model import Shape, Unit
from gridgeo.units.publish import answered_ground
from gridgeo.units.store import exclusive_ids, resolve_version, unit_ids

_NEW = 2**31 - 2
"""Ids that the database has not given yet run down from here, and never leave this module."""


def foresight(books: Books) -> Foresight:
    """Return what the owner of events tells beforehand; rule sets are kept in a memory."""

    def decide(
        conn: Connection[Any], so_far: PlanMap, rows: Sequence[dict[str, Any]]
    ) -> list[str | None]:
        if not rows:
            return []
        desk = Desk(city_after(conn, so_far), books.now(conn))
        return [_party(desk, row) for row in rows]

    return Foresight(CLOSED_STATES, decide)


def _party(desk: Desk, row: dict[str, Any]) -> str | None:
    """Return who answers: as before, if the event stands in the same units and exclusive grids."""
    placement, assignment = desk.decide(
        row["lon"], row["lat"], row["accuracy_m"], row["category"], row["category_scheme"]
    )
    chain = [unit.unit_id for unit in placement.chain]
    exclusive = {grid.exclusive_id for grid in placement.exclusive}
    if (chain, exclusive) == (row["chain"], set(row["exclusive_ids"] or ())):
        return str(row["party"])
    return assignment.party.code


def city_after(conn: Connection[Any], so_far: PlanMap) -> CityIndex:
    """Return the city around all that a plan touches, as the plan would leave it."""
    done = so_far.done
    codes = touched_leaves(done.units)
    old, new = (
        [side[code] for code in codes if code in side and side[code].is_leaf]
        for side in (done.units.old, done.units.new)
    )
    shapes = [*answered_ground(done.units, done.exclusive), *(unit.shape for unit in (*old, *new))]
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    base = resolve_version(conn, str(so_far.base.version))
    before = load_index(conn, base, (west, south, east, north))
    units, ids = _units(conn, before, so_far)
    kept = {number: before.leaves[number] for number in before.leaves}
    leaves = {n: shape for n, shape in kept.items() if n not in {ids[unit.code] for unit in old}}
    return CityIndex.build(
        version=replace(base, version=base.version + 1),
        units=units,
        leaves={**leaves, **{ids[unit.code]: unit.shape for unit in new}},
        exclusive=_exclusive(conn, before, so_far),
        planar_srid=before.planar_srid,
    )


def _units(
    conn: Connection[Any], before: CityIndex, so_far: PlanMap
) -> tuple[dict[int, UnitRef], dict[str, int]]:
    """Return the units as the plan leaves them, up to the city, by id; and the ids by code."""
    delta = so_far.done.units
    new = {**delta.new, **_parents_beyond(before, so_far)}
    parents = {unit.parent_code for unit in new.values() if unit.parent_code is not None}
    ids = unit_ids(conn, {*delta.codes, *new, *parents})
    fresh = (code for code in delta.codes if code not in ids)
    ids |= {code: _NEW - row for row, code in enumerate(fresh)}
    refs = {
        ids[code]: UnitRef(
            ids[code], code, unit.level, unit.name,
            None if unit.parent_code is None else ids[unit.parent_code],
        )
        for code, unit in new.items()
    }  # fmt: skip
    return {**before.units, **refs}, ids


def _parents_beyond(before: CityIndex, so_far: PlanMap) -> dict[str, Unit]:
    """Return the units above the changed ones that the city before does not know, by code."""
    known = {ref.code for ref in before.units.values()} | set(so_far.done.units.new)
    found: dict[str, Unit] = {}
    missing = {unit.parent_code for unit in so_far.done.units.new.values()} - known
    while wanted := {code for code in missing if code is not None}:
        family = so_far.family(wanted)
        found |= {code: family[code] for code in wanted}
        missing = {found[code].parent_code for code in wanted} - known - set(found)
    return found


def _exclusive(
    conn: Connection[Any], before: CityIndex, so_far: PlanMap
) -> list[tuple[ExclusiveRef, Shape]]:
    """Return the exclusive grids of the city before, but for what the plan does to them."""
    done = so_far.done.exclusive
    kept = [
        (ref, shape)
        for ref, shape in zip(before.exclusive, before.exclusive_shapes.shapes(), strict=True)
        if ref.code not in done.old
    ]
    ids = exclusive_ids(conn, done.new)
    fresh = (code for code in done.new if code not in ids)
    ids |= {code: _NEW - row for row, code in enumerate(fresh)}
    return kept + [
        (ExclusiveRef(ids[code], code, grid.name), grid.shape) for code, grid in done.new.items()
    ]
