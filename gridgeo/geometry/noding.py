"""Noding: a corner on a neighbour's edge becomes a vertex of that edge.

An exact lattice hit on a slanted edge is rare, so a corner counts as lying on an edge when the edge
passes through the corner's lattice cell, half a unit to each side (the hot pixel of J. D. Hobby,
"Practical segment intersection with finite precision output", 1999). The border then moves by less
than 1 cm, and every new node is recorded.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gridgeo.geometry.lattice import SCALE, require_lattice, require_valid, to_degrees, to_lattice
from gridgeo.geometry.measure import geodesic_length_m
from gridgeo.geometry.rings import map_rings
from gridgeo.geometry.segments import (
    Segments,
    Shape,
    as_lines,
    directed_segments,
    shape_array,
    unmatched,
    unpack,
)

_REACH = 0.75  # lattice units; the corner of a cell is 0.71 from its centre

Corner = tuple[int, int]
Insertions = dict[tuple[Corner, Corner], list[Corner]]
"""Corners, in lattice units, to insert into edges, each edge being its two ends in order."""


@dataclass(frozen=True)
class Node:
    """A vertex added to the border of the polygon at `position`, which moved there by `moved_m`."""

    position: int
    lon: float
    lat: float
    moved_m: float


def node(polygons: Sequence[Shape]) -> tuple[list[Shape], list[Node]]:
    """Make every corner that lies on another polygon's unmatched edge a vertex of that edge.

    Parameters
    ----------
    polygons
        Valid, in degrees, on the lattice.

    Returns
    -------
    The polygons in their order, those without new nodes untouched, and the nodes added.

    Raises
    ------
    OffLattice
        When a vertex is off the lattice.
    InvalidShape
        When a polygon would cross itself after noding.
    """
    shapes = shape_array(polygons)
    require_lattice(shapes)
    nodes: list[Node] = []
    while found := _corners_on_edges(directed_segments(shapes)):
        for position, insertions in sorted(found.items()):
            shapes[position] = insert_corners(shapes[position], insertions)
            require_valid(shapes[position])
            nodes.extend(_records(position, insertions))
    return list(shapes), nodes


def _corners_on_edges(segments: Segments) -> dict[int, Insertions]:
    """For each polygon its edges, as sorted pairs of corners, with the corners that lie on them."""
    loose = unmatched(segments)
    a, b = unpack(loose.start), unpack(loose.end)
    corners = np.unique(np.concatenate((loose.start, loose.end)))
    xy = unpack(corners)
    tree = STRtree(as_lines(a, b))
    corner, edge = tree.query(
        shapely.points(xy.astype(np.float64)), predicate="dwithin", distance=_REACH
    )
    own = _own_corners(segments, loose.owner[edge], corners[corner])
    p, start, end = (v.astype(np.float64) for v in (xy[corner], a[edge], b[edge]))
    keep = ~own & in_cell(p, start, end)
    found: dict[int, Insertions] = defaultdict(lambda: defaultdict(list))
    for c, e in zip(corner[keep], edge[keep], strict=True):
        ends = sorted((tuple(a[e].tolist()), tuple(b[e].tolist())))
        found[int(loose.owner[e])][ends[0], ends[1]].append(tuple(xy[c].tolist()))
    return found


def _own_corners(
    segments: Segments, owner: NDArray[np.int64], corner: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether each corner is already a vertex of the polygon it is paired with."""
    mine = np.isin(segments.owner, owner) & np.isin(segments.start, corner)
    pairs = set(zip(segments.owner[mine].tolist(), segments.start[mine].tolist(), strict=True))
    asked = zip(owner.tolist(), corner.tolist(), strict=True)
    return np.array([pair in pairs for pair in asked], dtype=np.bool_)


def in_cell(
    p: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether the edge a-b passes through the lattice cell of p, between its ends.

    All in lattice units, shape (n, 2).
    """
    along, aside = b - a, p - a
    cross = along[:, 0] * aside[:, 1] - along[:, 1] * aside[:, 0]
    dot = (along * aside).sum(axis=1)
    between = (dot > 0) & (dot < (along * along).sum(axis=1))
    return np.asarray(between & (2 * np.abs(cross) <= np.abs(along).sum(axis=1)), dtype=np.bool_)


def insert_corners(shape: Shape, insertions: Insertions) -> Shape:
    """Return a polygon (degrees, on the lattice) with corners inserted into its edges."""
    return map_rings(shape, partial(_noded, insertions=insertions))


def _noded(ring: NDArray[np.float64], insertions: Insertions) -> NDArray[np.float64]:
    corners: list[Corner] = [(x, y) for x, y in to_lattice(ring).tolist()]
    result = corners[:1]
    for a, b in pairwise(corners):
        ends = (a, b) if a < b else (b, a)
        result.extend(sorted(insertions.get(ends, []), key=partial(_squared_distance, a)))
        result.append(b)
    return to_degrees(result)


def _squared_distance(a: Corner, b: Corner) -> int:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _records(position: int, insertions: Insertions) -> list[Node]:
    records = []
    for ends, corners in sorted(insertions.items()):
        for corner in sorted(corners):
            lon, lat = to_degrees(corner).tolist()
            records.append(Node(position, lon, lat, _moved_m(corner, *ends)))
    return records


def _moved_m(p: Corner, a: Corner, b: Corner) -> float:
    """Distance in metres from a corner to the foot of its perpendicular on the edge a-b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    share = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy)
    offset = (a[0] + share * dx - p[0], a[1] + share * dy - p[1])
    lon, lat = to_degrees(p).tolist()
    return geodesic_length_m(lon, lat, lon + offset[0] / SCALE, lat + offset[1] / SCALE)
