"""Which border segments a change of shapes takes away and which it brings."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import shapely
from shapely import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.ops import linemerge

from gridgeo.geometry.lattice import SCALE

Segment = tuple[float, float, float, float]
"""Both ends in degrees, lon, lat, lon, lat; the lesser end first."""

_NODE_REACH = 1.5 / SCALE  # a node moves a border by less than one lattice step, see `noding`


class ChangedBorders(NamedTuple):
    """Segments that were there before only, and those that are there afterwards only."""

    removed: frozenset[Segment]
    added: frozenset[Segment]

    @property
    def all(self) -> frozenset[Segment]:
        """Both, for their place."""
        return self.removed | self.added


def border_segments(shapes: Iterable[Polygon | MultiPolygon]) -> set[Segment]:
    """Return the segments of the rings of shapes, each once whoever has it on which side."""
    found: set[Segment] = set()
    for ring in shapely.get_rings(shapely.get_parts(list(shapes))):
        found |= segments_along(ring)
    return found


def segments_along(line: LineString) -> set[Segment]:
    """Return the segments of one line."""
    corners = [(lon, lat) for lon, lat in shapely.get_coordinates(line).tolist()]
    return {(*start, *end) if start < end else (*end, *start) for start, end in pairwise(corners)}


def changed_borders(
    old: Iterable[Polygon | MultiPolygon], new: Iterable[Polygon | MultiPolygon]
) -> ChangedBorders:
    """Return the segments that shapes have before or afterwards only."""
    before, after = border_segments(old), border_segments(new)
    return ChangedBorders(frozenset(before - after), frozenset(after - before))


def moved_borders(changed: ChangedBorders) -> ChangedBorders:
    """Return the change without noding: segments that only got corners on their way.

    A border that a node bends moves by less than one lattice step; it counts as it was.
    """
    if not changed.removed or not changed.added:
        return changed
    before, after = lines_of(changed.removed), lines_of(changed.added)
    return ChangedBorders(
        frozenset(s for s in changed.removed if not _lies_on(s, after)),
        frozenset(s for s in changed.added if not _lies_on(s, before)),
    )


def _lies_on(segment: Segment, lines: MultiLineString) -> bool:
    line = LineString([segment[:2], segment[2:]])
    near = lines.intersection(line.buffer(4 * _NODE_REACH))
    return bool(near.buffer(_NODE_REACH).covers(line))


def lines_of(segments: Iterable[Segment]) -> MultiLineString:
    """Return segments as lines of two points each, in order."""
    return MultiLineString([[s[:2], s[2:]] for s in sorted(segments)])


def merged_lines(segments: Iterable[Segment]) -> list[LineString]:
    """Return segments joined to the longest lines that do not branch, from west to east."""
    lines = lines_of(segments)
    if lines.is_empty:
        return []
    return sorted(shapely.get_parts(linemerge(lines)).tolist(), key=lambda line: line.bounds)
