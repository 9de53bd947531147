"""The borders of a coverage, each segment stored once with the polygon on either side.

A record is six int32: the lattice numbers of the south end and of the north end (of a level segment
the west end first), and the slots of the polygons to the west and to the east of it, looking north
(for a level segment: to the north and to the south). Slot 0 is nobody.
"""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gridgeo.geometry.errors import InvalidShape
from gridgeo.geometry.lattice import to_degrees
from gridgeo.geometry.segments import Keys, Segments, directed_segments, matched, unpack

NOBODY = 0

Records = NDArray[np.int32]


def coverage_edges(shapes: NDArray[np.object_]) -> Records | None:
    """Return records of all segments, or None when the polygons are no coverage.

    The polygons must be valid and on the lattice; slot i + 1 is the polygon at position i.
    """
    segments = directed_segments(shapes)
    segments = Segments(segments.start, segments.end, segments.owner + 1)
    pairs = matched(segments)
    few = segments.where(pairs.rest)
    again = _pairs(few)
    if again is None or _overlaps(shapes, few.at(again[2])):
        return None
    return np.concatenate((_between(segments, pairs.first, pairs.second), _apart(few, *again)))


def joined_records(segments: Segments) -> Records:
    """Return records of the segments of a coverage, few, whose owners are slots.

    Raises
    ------
    InvalidShape
        When a segment is met twice from the same side.
    """
    pairs = _pairs(segments)
    if pairs is None:
        raise InvalidShape("the polygons overlap", key="shapes")
    return _apart(segments, *pairs)


def _apart(segments: Segments, first: Keys, second: Keys, alone: Keys) -> Records:
    """Return records of opposite pairs, then of segments that nobody shares."""
    single = segments.at(alone)
    outline = records(single, single.owner, np.full(len(alone), NOBODY))
    return np.concatenate((_between(segments, first, second), outline))


def _between(segments: Segments, first: Keys, second: Keys) -> Records:
    """Return records of segments met in opposite directions, at `first` and at `second`."""
    shared = segments.at(first)
    return records(shared, shared.owner, segments.owner.take(second))


def records(segments: Segments, left: Keys, right: Keys) -> Records:
    """Return records of directed segments with these slots on their left and right."""
    start, end = unpack(segments.start), unpack(segments.end)
    level = start[:, 1] == end[:, 1]
    north = np.where(level, start[:, 0] < end[:, 0], start[:, 1] < end[:, 1])
    result = np.empty((len(start), 6), dtype=np.int32)
    result[:, :2] = np.where(north[:, None], start, end)
    result[:, 2:4] = np.where(north[:, None], end, start)
    result[:, 4] = np.where(north, left, right)
    result[:, 5] = np.where(north, right, left)
    return result


def degrees_of(edges: Records) -> NDArray[np.float64]:
    """Both ends of records, (n, 4), as the stored doubles."""
    return to_degrees(edges[:, :4])


def _pairs(few: Segments) -> tuple[Keys, Keys, Keys] | None:
    """Positions of opposite pairs and of single segments; None when one is met more often."""
    low, high = np.minimum(few.start, few.end), np.maximum(few.start, few.end)
    order = np.lexsort((low, high))
    low, high, start = low[order], high[order], few.start[order]
    same = np.zeros(len(order) + 1, dtype=np.bool_)
    same[1:-1] = (low[1:] == low[:-1]) & (high[1:] == high[:-1])
    lead = np.flatnonzero(same[1:])
    if np.any(same[lead]) or np.any(start[lead] == start[lead + 1]):
        return None
    return order[lead], order[lead + 1], order[~same[1:] & ~same[:-1]]


def _overlaps(shapes: NDArray[np.object_], rest: Segments) -> bool:
    """Whether polygons overlap, or one's corner lies on another's edge.

    Ground that is covered twice is bounded by segments that no neighbour shares, so only polygons
    that own one or reach one are looked at.
    """
    start, end = to_degrees(unpack(rest.start)), to_degrees(unpack(rest.end))
    boxes = shapely.box(*np.minimum(start, end).T, *np.maximum(start, end).T)
    near = np.unique(STRtree(shapes).query(boxes)[1])
    return not shapely.coverage_is_valid(shapes[near])
