"""The exclusive grids of a publication: what is wrong with a change of them, and writing it."""

from collections.abc import Iterable, Sequence
from typing import Any

import shapely
from psycopg import Connection

from gridgeo.errors import VersionConflict
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.lattice import invalid_place, on_lattice
from gridgeo.geometry.problem import Problem
from gridgeo.units import rows, store
from gridgeo.units.model import ExclusiveGrid

UNCHANGED: Delta[ExclusiveGrid] = Delta()
"""No exclusive grid comes, changes or goes."""


def find_exclusive_problems(
    conn: Connection[Any], live: int, delta: Delta[ExclusiveGrid]
) -> list[Problem]:
    """Return what keeps exclusive grids from being laid over the live map.

    Raises
    ------
    VersionConflict
        One that changes or goes is no longer as the delta found it.
    """
    if not delta:
        return []
    found = store.exclusive_by_codes(conn, live, delta.codes)
    stale = [code for code in delta.codes if found.get(code) != delta.old.get(code)]
    if stale:
        raise VersionConflict(
            f"Exclusive grid {stale[0]} is no longer as this change found it; draw the change "
            "again.",
            key="code",
            value=stale[0],
        )
    return [problem for grid in delta.new.values() for problem in _problems(grid)]


def _problems(grid: ExclusiveGrid) -> Iterable[Problem]:
    at = shapely.get_coordinates(grid.shape)[0] if not grid.shape.is_empty else (0.0, 0.0)
    lon, lat = float(at[0]), float(at[1])
    if grid.shape.is_empty:
        yield Problem("invalid", (grid.code,), lon, lat, f"{grid.code} holds no ground")
    elif not shapely.is_valid(grid.shape):
        reason, lon, lat = invalid_place(grid.shape)
        yield Problem("invalid", (grid.code,), lon, lat, f"{grid.code}: {reason}")
    elif not on_lattice(shapely.get_coordinates(grid.shape)).all():
        message = f"{grid.code} has a vertex that is not on the lattice of 1e-7 degrees"
        yield Problem("invalid", (grid.code,), lon, lat, message)


def write_exclusive_grids(
    conn: Connection[Any], version: int, delta: Delta[ExclusiveGrid], planar: Planar
) -> None:
    """End the rows of those that change or go, and write those that come or change.

    A code keeps its id for ever, so that rules about it hold on, also when a grid that went is
    restored.
    """
    if not delta:
        return
    ids = store.exclusive_ids(conn, delta.codes)
    rows.close_exclusive_grids(conn, [ids[code] for code in delta.old], version)
    grids = [delta.new[code] for code in sorted(delta.new, key=str.encode)]
    fresh = [grid.code for grid in grids if grid.code not in ids]
    ids |= rows.allot_exclusive_ids(conn, fresh)
    areas_m2 = planar.areas_m2([grid.shape for grid in grids])
    rows.copy_exclusive_grids(conn, version, grids, ids, areas_m2)


def touched_overlays(delta: Delta[ExclusiveGrid]) -> Sequence[ExclusiveGrid]:
    """Return the exclusive grids, before and after, whose ground or kind changes."""
    return [
        grid
        for code in delta.codes
        for grid in (delta.old.get(code), delta.new.get(code))
        if grid is not None and not _same_ground(delta.old.get(code), delta.new.get(code))
    ]


def _same_ground(old: ExclusiveGrid | None, new: ExclusiveGrid | None) -> bool:
    return old is not None and new is not None and (old.kind, old.shape) == (new.kind, new.shape)
