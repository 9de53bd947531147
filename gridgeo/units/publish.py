"""`publish`: the only way to a map version, for the first city too, in one transaction.

Lock the head, re-check the laws, mint the version, write what changed, let the followers move what
stands on the map, tell the workers. The caller owns the transaction: nothing is visible before it
commits, and a failure leaves nothing behind.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from psycopg import Connection
from shapely import STRtree

from gridgeo.errors import Refused, VersionConflict
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.lattice import SCALE
from gridgeo.geometry.problem import Problem
from gridgeo.units import rows, store
from gridgeo.units.model import (
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

_LEAST_SHARE = 1e-12

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
    exclusive: Sequence[ExclusiveGrid] = (),
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
    exclusive : sequence of ExclusiveGrid
        Exclusive grids that are new with this version.

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
    refuse_if_broken(find_problems(conn, live, delta, profile))
    minted = rows.insert_version(
        conn, live + 1, record.actor, record.document_no, record.note, record.synthetic
    )
    write_units(conn, minted.version, delta, profile, record.source_crs)
    planar = Planar(profile.planar_srid)
    rows.copy_exclusive_grids(
        conn, minted.version, exclusive, planar.areas_m2([grid.shape for grid in exclusive])
    )
    publication = Publication(minted, touched_box(delta))
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
    problems += _root_kept(store.root_unit(conn, live), delta)
    return problems + check_tree(after, sorted(code for code in parents if code in after))


def _root_kept(root: Unit, delta: Delta[Unit]) -> list[Problem]:
    after = delta.new.get(root.code, root)
    if _same_but_for_nodes(root, after):
        return []
    at = root.shape.representative_point()
    return [Problem("outside_parent", (root.code,), at.x, at.y, "the outline of the city changes")]


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
    reshaped = [u for c, u in delta.new.items() if not _same_shape(delta.old.get(c), u)]
    gone = [ids[code] for code in delta.old if code not in delta.new]
    rows.close_units(conn, gone + [ids[u.code] for u in renewed if u.code in delta.old], version)
    rows.close_shapes(conn, gone + [ids[u.code] for u in reshaped if u.code in delta.old], version)
    planar = Planar(profile.planar_srid)
    rows.copy_units(conn, version, renewed, ids)
    areas_m2 = planar.areas_m2([u.shape for u in reshaped])
    rows.copy_shapes(conn, version, reshaped, ids, areas_m2, source_crs)
    rows.insert_lineage(conn, lineage_rows(version, delta, ids, planar))


def touched_leaves(delta: Delta[Unit]) -> list[str]:
    """Codes of the leaves that a delta creates, retires or reshapes, in order."""
    return sorted(
        code
        for code in {**delta.old, **delta.new}
        if any(code in side and side[code].is_leaf for side in (delta.old, delta.new))
        and not _same_shape(delta.old.get(code), delta.new.get(code))
    )


def touched_box(delta: Delta[Unit]) -> tuple[float, float, float, float] | None:
    """West, south, east, north of all leaves that a delta touches, before and after."""
    codes = touched_leaves(delta)
    shapes = [units[c].shape for units in (delta.old, delta.new) for c in codes if c in units]
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(shapes)
    return float(west), float(south), float(east), float(north)


def _same_attributes(old: Unit | None, new: Unit) -> bool:
    return old is not None and old.attributes == new.attributes


def _same_shape(old: Unit | None, new: Unit | None) -> bool:
    return (
        old is not None
        and new is not None
        and old.is_leaf == new.is_leaf
        and old.shape.equals_exact(new.shape, 0.0)
    )


def _same_but_for_nodes(old: Unit, new: Unit) -> bool:
    """Whether all that differs is new vertices, which move the border by less than 1 cm."""
    if old.shape.equals_exact(new.shape, 0.0):
        return True
    then, now = ({tuple(xy) for xy in shapely.get_coordinates(unit.shape).tolist()}
                 for unit in (old, new))  # fmt: skip
    if not then <= now or not new.shape.is_valid:
        return False
    return bool(old.shape.symmetric_difference(new.shape).area <= old.shape.length / SCALE)


def lineage_rows(
    version: int, delta: Delta[Unit], ids: Mapping[str, int], planar: Planar
) -> list[dict[str, Any]]:
    """From which leaf to which leaf land went, as shares of the old leaf that sum to one."""
    touched = touched_leaves(delta)
    before, after = ({code: side[code] for code in touched if code in side and side[code].is_leaf}
                     for side in (delta.old, delta.new))  # fmt: skip
    kinds = {code: _lineage_kind(old, after.get(code)) for code, old in before.items()}
    return [
        {
            "version": version,
            "from_unit_id": ids[code],
            "to_unit_id": ids[to],
            "kind": kinds[code],
            "area_share": share,
        }
        for code, shares in _area_shares(before, after, planar).items()
        for to, share in sorted(shares.items())
    ]


def _lineage_kind(old: Unit, new: Unit | None) -> str:
    if new is None:
        return "replace"
    return "noding" if _same_but_for_nodes(old, new) else "reshape"


def _area_shares(
    before: Mapping[str, Unit], after: Mapping[str, Unit], planar: Planar
) -> dict[str, dict[str, float]]:
    """Shares of each old leaf that went to each new one, without those too small to be ground."""
    if not before:
        return {}
    old, new = list(before.values()), list(after.values())
    shapes = np.array([unit.shape for unit in old], dtype=object)
    others = np.array([unit.shape for unit in new], dtype=object)
    row, hit = STRtree(others).query(shapes, predicate="intersects")
    areas_m2 = planar.areas_m2(list(shapely.intersection(shapes[row], others[hit])))
    whole_m2 = np.bincount(row, areas_m2, minlength=len(old))
    shares: dict[str, dict[str, float]] = {unit.code: {} for unit in old}
    for i, j, share in zip(row.tolist(), hit.tolist(), areas_m2 / whole_m2[row], strict=True):
        if share > _LEAST_SHARE:
            shares[old[i].code][new[j].code] = float(share)
    return shares
