"""Draw new corners and edges that pass within a centimetre of a border onto that border.

Whoever redraws a map in a desktop GIS misses old corners by fractions of a millimetre, and a
rounding of the file adds some more. What was there before is never touched: corners and edges of
the old map stay, however near they lie to each other.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gridgeo.geometry.lattice import to_degrees, to_lattice
from gridgeo.geometry.noding import Corner, Insertions, insert_corners
from gridgeo.geometry.segments import (
    Keys,
    Segments,
    Shape,
    as_lines,
    directed_segments,
    pack,
    shape_array,
    unpack,
)

REACH = 1.5  # lattice units: a corner 1 cm beside the border, and half a step for its snapping


def draw_onto(drawn: Sequence[Shape], old: Sequence[Shape], ground: Shape) -> list[Shape]:
    """Return polygons whose new corners and edges near the border of a ground lie on it.

    Parameters
    ----------
    drawn
        In degrees, on the lattice.
    old
        The polygons that cover the ground now; their corners and edges are left as they are.
    ground
        Whose border counts: a new corner within reach of one of its corners, or else of an edge,
        moves there; an edge within reach of one of its corners gets that corner.

    Returns
    -------
    In the order of `drawn`; a polygon may come out invalid or without ground.
    """
    border = directed_segments(shape_array([ground]))
    known = directed_segments(shape_array([*old, ground]))
    moved = _with_corners_moved(shape_array(drawn), _moves(drawn, known, border))
    insertions = _insertions(directed_segments(moved), known, border)
    if not insertions:
        return list(moved)
    return [shape if shape.is_empty else insert_corners(shape, insertions) for shape in moved]


def _moves(drawn: Sequence[Shape], known: Segments, border: Segments) -> Mapping[int, int]:
    """Where each new corner within reach of the border goes, both packed."""
    corners = np.setdiff1d(directed_segments(shape_array(drawn)).start, known.start)
    moves: dict[int, int] = {}
    points, ends = _points(corners), np.unique(border.start)
    row, hit = STRtree(_points(ends)).query_nearest(points, max_distance=REACH, all_matches=False)
    moves.update(zip(corners[row].tolist(), ends[hit].tolist(), strict=True))
    a, b = unpack(border.start), unpack(border.end)
    row, edge = STRtree(as_lines(a, b)).query_nearest(points, max_distance=REACH, all_matches=False)
    feet = pack(np.rint(_foot(unpack(corners)[row], a[edge], b[edge])).astype(np.int32))
    for corner, foot in zip(corners[row].tolist(), feet.tolist(), strict=True):
        moves.setdefault(corner, foot)
    return moves


def _points(keys: Keys) -> NDArray[np.object_]:
    return np.asarray(shapely.points(unpack(keys).astype(np.float64)), dtype=np.object_)


def _foot(p: Keys, a: Keys, b: Keys) -> NDArray[np.float64]:
    """Nearest points of the edges a-b to points, all (n, 2) in lattice units."""
    along = b - a
    share = ((p - a) * along).sum(axis=1) / (along * along).sum(axis=1)
    return np.asarray(a + np.clip(share, 0.0, 1.0)[:, None] * along, dtype=np.float64)


def _with_corners_moved(
    shapes: NDArray[np.object_], moves: Mapping[int, int]
) -> NDArray[np.object_]:
    if not moves:
        return shapes
    xy = shapely.get_coordinates(shapes)
    there = [moves.get(corner, corner) for corner in pack(to_lattice(xy)).tolist()]
    moved = shapely.set_coordinates(shapes.copy(), to_degrees(unpack(np.array(there))))
    return np.asarray(shapely.remove_repeated_points(moved, 0.0), dtype=np.object_)


def _insertions(drawn: Segments, known: Segments, border: Segments) -> Insertions:
    """Corners of the border within reach of a new edge, between its ends, by edge."""
    low, high = np.minimum(drawn.start, drawn.end), np.maximum(drawn.start, drawn.end)
    edges = np.unique(np.column_stack((low, high)), axis=0)
    there = _pairs(known)
    edges = edges[[edge not in there for edge in map(tuple, edges.tolist())]]
    corners = np.unique(border.start)
    xy, a, b = unpack(corners), unpack(edges[:, 0]), unpack(edges[:, 1])
    tree = STRtree(as_lines(a, b))
    corner, edge = tree.query(_points(corners), predicate="dwithin", distance=REACH)
    along, aside = b[edge] - a[edge], xy[corner] - a[edge]
    dot = (along * aside).sum(axis=1)
    between = (dot > 0) & (dot < (along * along).sum(axis=1))
    found: dict[tuple[Corner, Corner], list[Corner]] = defaultdict(list)
    for c, e in zip(corner[between], edge[between], strict=True):
        ends = sorted((_corner(a[e]), _corner(b[e])))
        found[ends[0], ends[1]].append(_corner(xy[c]))
    return found


def _pairs(segments: Segments) -> set[tuple[int, int]]:
    low = np.minimum(segments.start, segments.end)
    high = np.maximum(segments.start, segments.end)
    return set(zip(low.tolist(), high.tolist(), strict=True))


def _corner(xy: Keys) -> Corner:
    x, y = xy.tolist()
    return x, y
