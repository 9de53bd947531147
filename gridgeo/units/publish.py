"""`publish`: the only way to a map version, for the first city too, in one transaction.

Lock the head, re-check the laws, mint the version, write what changed, let the followers move what
stands on the map, tell the workers. The caller owns the transaction: nothing is visible before it
commits, and a failure leaves nothing behind.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely
from psycopg import Connection
from shapely.geometry.base import BaseGeometry

from gridgeo.errors import Refused, VersionConflict
from gridgeo.geometry.changed_borders import changed_borders, lines_of
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.problem import Problem
from gridgeo.units import rows, store
from gridgeo.units.exclusive import (
    UNCHANGED,
    find_exclusive_problems,
    touched_overlays,
    write_exclusive_grids,
)
from gridgeo.units.lineage import lineage_rows, same_but_for_nodes, same_shape, touched_leaves
from gridgeo.units.model import (
    Box,
    ExclusiveGrid,
    MapVersion,
    Profile,
    Publication,
    Unit,
    as_problem_rows,
    check_city,
    check_codes,
    check_tree,
)

Follower = Callable[[Connection[Any], Publication], None]


@dataclass(frozen=True, slots=True)
class Record:
    """The paper side of a publication: who, on which document, why, on which base version.

    `base` is the version that the delta was drawn on; 0 for the first city. `source_crs` tells by
    code which coordinate system a new shape came in; EPSG:4326 for the others.
    """

    actor: str
    base: int
    note: str = ""
    document_no: str | None = None
    synthetic: bool = False
    source_crs: Mapping[str, str] = field(default_factory=dict)


def publish(
    conn: Connection[Any],
    delta: Delta[Unit],
    followers: Iterable[Follower],
    record: Record,
    exclusive: Delta[ExclusiveGrid] = UNCHANGED,
) -> MapVersion:
    """Make the next map version out of a delta, inside the caller's transaction.

    Parameters
    ----------
    delta : Delta of Unit
        Units as they were and as they shall be, by code; old is empty for the first city.
    followers : iterable of callables
        Each moves its own tables on the same connection (devices, events).
    record : Record
        Who, why, and the version the delta was drawn on.
    exclusive : Delta of ExclusiveGrid
        Exclusive grids as they were and as they shall be, by code.

    Raises
    ------
    VersionConflict
        The head is no longer `record.base`.
    Refused
        A law would be broken; `problems` says where.
    """
    store.lock_map_exclusive(conn)
    head = store.head_version(conn)
    live = head.version if head else 0
    if live != record.base:
        raise VersionConflict(
            f"The map is at version {live}, but this change was drawn on version {record.base}; "
            "look at what changed in /versions and draw it again.",
            key="base_version",
            value=record.base,
        )
    profile = store.read_profile(conn)
    problems = find_problems(conn, live, delta, profile)
    refuse_if_broken(problems + find_exclusive_problems(conn, live, exclusive))
    minted = rows.insert_version(
        conn, live + 1, record.actor, record.document_no, record.note, record.synthetic
    )
    write_units(conn, minted.version, delta, profile, record.source_crs)
    write_exclusive_grids(conn, minted.version, exclusive, Planar(profile.planar_srid))
    publication = Publication(minted, touched_box(delta), answered_box(delta, exclusive))
    for follow in followers:
        follow(conn, publication)
    rows.notify_version(conn, minted.version)
    return minted


def find_problems(
    conn: Connection[Any], live: int, delta: Delta[Unit], profile: Profile
) -> list[Problem]:
    """Check what a delta would make of the live map; only the touched families are read.

    If every touched parent is exactly the union of its children and the root keeps its shape, the
    leaves stay a coverage: an untouched parent keeps both its shape and its children's.
    """
    if live == 0:
        return check_city(delta.new, profile)
    touched = [*delta.old.values(), *delta.new.values()]
    parents = {unit.parent_code for unit in touched if unit.parent_code is not None}
    parents |= {unit.code for unit in delta.new.values() if not unit.is_leaf}
    family = store.children_of(conn, live, parents | set(delta.old))
    stale = [code for code, unit in delta.old.items() if family.get(code) != unit]
    if stale:
        raise VersionConflict(
            f"Unit {stale[0]} is no longer as this change found it; draw the change again.",
            key="code",
            value=stale[0],
        )
    after = delta.apply(family)
    problems = check_codes(delta.new.values(), profile)
    problems += _root_kept(delta)
    return problems + check_tree(after, sorted(code for code in parents if code in after))


def _root_kept(delta: Delta[Unit]) -> list[Problem]:
    """Return a problem where the city changes its outline; mostly a delta leaves it alone."""
    old, new = (
        next((unit for unit in side.values() if unit.parent_code is None), None)
        for side in (delta.old, delta.new)
    )
    if old is None or (new is not None and same_but_for_nodes(old, new)):
        return []
    at = old.shape.representative_point()
    return [Problem("outside_parent", (old.code,), at.x, at.y, "the outline of the city changes")]


def refuse_if_broken(problems: Sequence[Problem]) -> None:
    """Raise `Refused` with every problem located; none means nothing happens."""
    if problems:
        raise Refused(
            f"The change would break the map in {len(problems)} place(s): {problems[0].message}.",
            problems=as_problem_rows(problems[:100]),
        )


def write_units(
    conn: Connection[Any], version: int, delta: Delta[Unit], profile: Profile,
    source_crs: Mapping[str, str],
) -> None:  # fmt: skip
    """Write attribute rows, shapes and lineage of a delta; a rename does not copy a shape."""
    named = set(delta.old) | set(delta.new)
    named |= {u.parent_code for u in delta.new.values() if u.parent_code is not None}
    named |= {u.legal_parent_code for u in delta.new.values() if u.legal_parent_code is not None}
    ids = store.unit_ids(conn, named)
    ids |= rows.allot_unit_ids(conn, sorted(set(delta.new) - set(ids)), version)

    renewed = [u for c, u in delta.new.items() if not _same_attributes(delta.old.get(c), u)]
    reshaped = [u for c, u in delta.new.items() if not same_shape(delta.old.get(c), u)]
    gone = [ids[code] for code in delta.old if code not in delta.new]
    rows.close_units(conn, gone + [ids[u.code] for u in renewed if u.code in delta.old], version)
    rows.close_shapes(conn, gone + [ids[u.code] for u in reshaped if u.code in delta.old], version)
    planar = Planar(profile.planar_srid)
    rows.copy_units(conn, version, renewed, ids)
    areas_m2 = planar.areas_m2([u.shape for u in reshaped])
    rows.copy_shapes(conn, version, reshaped, ids, areas_m2, source_crs)
    rows.insert_lineage(conn, lineage_rows(version, delta, ids, planar))


def touched_box(delta: Delta[Unit]) -> Box | None:
    """West, south, east, north of all borders of leaves that a delta changes."""
    return _box(changed_ground(delta, touched_leaves(delta)))


def answered_box(delta: Delta[Unit], exclusive: Delta[ExclusiveGrid]) -> Box | None:
    """West, south, east, north of all places where an answer may change, which `touched_box` holds.

    That is also where a unit gets another parent, and where an exclusive grid comes, changes its
    ground or goes.
    """
    return _box(answered_ground(delta, exclusive))


def answered_ground(delta: Delta[Unit], exclusive: Delta[ExclusiveGrid]) -> list[BaseGeometry]:
    """Return lines and shapes whose boxes hold all places where an answer may change."""
    ground = changed_ground(delta, touched_leaves(delta))
    for code in (code for code in delta.codes if _gets_parent(delta, code)):
        ground += [side[code].shape for side in (delta.old, delta.new) if code in side]
    return [*ground, *(grid.shape for grid in touched_overlays(exclusive))]


def changed_ground(delta: Delta[Unit], leaves: Sequence[str]) -> list[BaseGeometry]:
    """Return lines and shapes whose box holds all ground that leaves gain or lose."""
    ground: list[BaseGeometry] = []
    for code in leaves:
        shapes = [side[code].shape for side in (delta.old, delta.new) if code in side]
        if len(shapes) == 2 and delta.old[code].is_leaf == delta.new[code].is_leaf:
            ground.append(lines_of(changed_borders(shapes[:1], shapes[1:]).all))
        else:
            ground += shapes
    return ground


def _gets_parent(delta: Delta[Unit], code: str) -> bool:
    old, new = delta.old.get(code), delta.new.get(code)
    return old is None or new is None or old.parent_code != new.parent_code


def _box(shapes: Sequence[BaseGeometry]) -> Box | None:
    shapes = [shape for shape in shapes if not shape.is_empty]
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(shapes)
    return float(west), float(south), float(east), float(north)


def _same_attributes(old: Unit | None, new: Unit) -> bool:
    return old is not None and old.attributes == new.attributes
