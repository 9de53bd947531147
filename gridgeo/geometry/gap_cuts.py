"""Cut a long narrow gap where its neighbours change, so that each piece can go to one beside it.

A gap between two lines of units, drawn apart, may run past dozens of them; given whole to one, it
would part the others from each other.
"""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString

from gridgeo.geometry.faces import Edges, Faces, lengths_m
from gridgeo.geometry.lattice import SCALE
from gridgeo.geometry.segments import unpack

_FEW = 3  # with two neighbours there is nothing to part
_SLACK = 1.0  # lattice units that a cut may run outside its gap


def gap_cuts(
    faces: Faces, edges: Edges, gaps: set[int], owner: Mapping[int, int], reach_m: float
) -> list[LineString]:
    """Return cuts, in lattice units, from where neighbours change to the nearest other neighbour.

    Parameters
    ----------
    gaps
        Positions of the faces to cut.
    owner
        The unit of each face that has one.
    reach_m
        Longest cut in metres.
    """
    mask = np.zeros(len(faces.cover), dtype=np.bool_)
    mask[list(gaps)] = True
    around: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for start, end, one, other in zip(*(column.tolist() for column in edges.of(mask)), strict=True):
        for gap, beside in ((one, other), (other, one)):
            if gap in gaps and beside in owner:
                around[gap].append((start, end, owner[beside]))
    return [cut for gap in sorted(around) for cut in _cuts(faces.shapes[gap], around[gap], reach_m)]


def _cuts(
    gap: shapely.Polygon, around: list[tuple[int, int, int]], reach_m: float
) -> list[LineString]:
    if len({unit for _, _, unit in around}) < _FEW:
        return []
    start, end, unit = (np.array(column, dtype=np.int64) for column in zip(*around, strict=True))
    a, b = unpack(start), unpack(end)
    ground = shapely.buffer(shapely.transform(gap, lambda xy: xy * SCALE), _SLACK)
    units_at: dict[int, set[int]] = defaultdict(set)
    for one, other, i in around:
        units_at[one].add(i)
        units_at[other].add(i)
    found = []
    for corner in sorted(key for key, units in units_at.items() if len(units) > 1):
        far = np.logical_and.reduce([unit != i for i in units_at[corner]])
        cut = _shortest(unpack(np.array([corner])), a[far], b[far], reach_m)
        if cut is not None and ground.covers(cut):
            found.append(cut)
    return found


def _shortest(
    p: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64], reach_m: float
) -> LineString | None:
    """Return the line from p (1, 2) to the nearest lattice point beside edges a-b (n, 2)."""
    if not len(a):
        return None
    shrink = np.array([np.cos(np.radians(p[0, 1] / SCALE)), 1.0])
    along, aside = (b - a) * shrink, (p - a) * shrink
    share = np.clip((along * aside).sum(axis=1) / (along * along).sum(axis=1), 0.0, 1.0)
    feet = np.rint(a + share[:, None] * (b - a)).astype(np.int64)
    metres = lengths_m(np.broadcast_to(p, feet.shape), feet)
    nearest = int(np.argmin(metres))
    if not 0.0 < metres[nearest] <= reach_m:
        return None
    return LineString([p[0].tolist(), feet[nearest].tolist()])
