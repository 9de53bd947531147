"""Where a plan and the versions published since it was drawn get in each other's way.

A conflict is a shared edge, not a shared row: a border segment that both have changed, or two new
borders that cross. One name, level or parent that both have given a unit is a conflict too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from gridgeo.geometry.changed_borders import (
    ChangedBorders,
    Segment,
    border_segments,
    changed_borders,
    lines_of,
    merged_lines,
    moved_borders,
    segments_along,
)
from gridgeo.geometry.delta import Delta
from gridgeo.units.lineage import touched_leaves
from gridgeo.units.model import Unit

SAID = ("name", "level", "parent_code", "legal_parent_code")


@dataclass(frozen=True, slots=True)
class Clash:
    """A border, or an attribute (`key`), that both have changed; `line` in degrees, lon, lat."""

    kind: str
    codes: tuple[str, ...]
    line: LineString | None
    key: str | None = None


def borders_of(change: Delta[Unit]) -> ChangedBorders:
    """Return the borders of leaves that a change moves; noding moves none."""
    codes = touched_leaves(change)
    old, new = (
        [side[code].shape for code in codes if code in side and side[code].is_leaf]
        for side in (change.old, change.new)
    )
    return moved_borders(changed_borders(old, new))


def clashes(mine: Delta[Unit], theirs: Delta[Unit]) -> list[Clash]:
    """Return where two changes of one map get in each other's way, from west to east."""
    own, others = borders_of(mine), borders_of(theirs)
    edges = merged_lines(own.removed & others.removed)
    edges += _crossings(own.added, others.added)
    found = [Clash("shared_edge", _codes_at(edge, mine, theirs), edge) for edge in edges]
    return found + list(_shared_words(mine, theirs))


def undone(mine: Delta[Unit], theirs: Delta[Unit]) -> list[Clash]:
    """Return the new borders of one change that another, made after it, takes away again."""
    lost = borders_of(mine).removed & borders_of(theirs).added
    return [
        Clash("shared_edge", _codes_at(edge, mine, theirs), edge) for edge in merged_lines(lost)
    ]


def edges_around(mine: Delta[Unit], theirs: Delta[Unit]) -> list[Clash]:
    """Return the borders that one change moved on the ground which another one changes."""
    ground = shapely.union_all([unit.shape for unit in mine.old.values() if unit.is_leaf])
    moved = lines_of(borders_of(theirs).all).intersection(ground.buffer(1e-7))
    lines = [part for part in shapely.get_parts(moved).tolist() if part.geom_type == "LineString"]
    return [Clash("shared_edge", _codes_at(line, mine, theirs), line) for line in _joined(lines)]


def _joined(lines: list[LineString]) -> list[LineString]:
    merged = shapely.line_merge(shapely.union_all(lines))
    return sorted(shapely.get_parts(merged).tolist(), key=lambda line: line.bounds)


def _crossings(own: frozenset[Segment], others: frozenset[Segment]) -> list[LineString]:
    """Return those new segments that the other side's new segments cross or run along."""
    if not own or not others:
        return []
    lines = [LineString([s[:2], s[2:]]) for s in sorted(own)]
    tree = shapely.STRtree(lines)
    ends = {s[:2] for s in others} | {s[2:] for s in others}
    hit: set[Segment] = set()
    for other in lines_of(others).geoms:
        for row in tree.query(other, predicate="intersects").tolist():
            line = lines[row]
            if _meets_inside(line.intersection(other), line, ends):
                (west, south), (east, north) = line.coords
                hit.add((west, south, east, north))
    return merged_lines(hit)


def _meets_inside(common: BaseGeometry, line: LineString, ends: set[tuple[float, float]]) -> bool:
    if common.length > 0.0:
        return True
    place = tuple(shapely.get_coordinates(common)[0].tolist())
    return place not in line.coords or place not in ends


def _codes_at(line: LineString, mine: Delta[Unit], theirs: Delta[Unit]) -> tuple[str, ...]:
    """Return the leaves of the first map that have an edge there, or that lie there."""
    leaves = {
        unit.code: unit.shape
        for change in (mine, theirs)
        for unit in change.old.values()
        if unit.is_leaf
    }
    segments = segments_along(line)
    on = [code for code, shape in leaves.items() if border_segments([shape]) & segments]
    on = on or [code for code, shape in leaves.items() if shape.intersects(line)]
    return tuple(sorted(on))


def _shared_words(mine: Delta[Unit], theirs: Delta[Unit]) -> Iterator[Clash]:
    for code in sorted(set(mine.old) & set(mine.new) & set(theirs.old) & set(theirs.new)):
        for key in SAID:
            was, ours, live = (
                getattr(side[code], key) for side in (mine.old, mine.new, theirs.new)
            )
            if was != ours and was != live and ours != live:
                yield Clash("shared_word", (code,), None, key)


def as_rows(
    found: list[Clash], versions: Mapping[int, Delta[Unit]], who: Mapping[int, Any]
) -> list[dict[str, Any]]:
    """Return clashes as plain rows for JSON, each with the version that changed the same."""
    return [_row(clash, _version_of(clash, versions), who) for clash in found]


def _row(clash: Clash, version: int | None, who: Mapping[int, Any]) -> dict[str, Any]:
    said = {} if version is None else {k: who[version][k] for k in ("actor", "note", "plan_id")}
    names = ", ".join(clash.codes)
    if clash.line is None:
        place: dict[str, Any] = {"geometry": None}
        message = f"the plan and version {version} both gave {names} another {clash.key}"
    else:
        lon, lat = shapely.get_coordinates(clash.line.interpolate(0.5, normalized=True))[0].tolist()
        place = {"lon": lon, "lat": lat, "geometry": clash.line.__geo_interface__}
        message = f"the plan and version {version} both changed this border of {names}"
    return {"kind": clash.kind, "codes": list(clash.codes), "version": version, **said, **place,
            "message": message}  # fmt: skip


def _version_of(clash: Clash, versions: Mapping[int, Delta[Unit]]) -> int | None:
    """Return the last version that changed the same border, or else one of the units."""
    for version in sorted(versions, reverse=True):
        change = versions[version]
        if clash.line is None:
            if clash.codes[0] in change.codes:
                return version
        elif lines_of(borders_of(change).all).distance(clash.line) < 1e-7:
            return version
    return None
