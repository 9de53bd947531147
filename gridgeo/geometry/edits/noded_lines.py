"""Borders and the lines that cut them, noded against each other on the lattice.

Snap rounding of everything at once (`faces.py`) would also bring together what of the borders lies
within half a lattice step of each other already: an edit must leave that as it is. So only what a
cutting line crosses or meets gets a node.
"""

from collections import defaultdict

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gridgeo.geometry.noding import in_cell
from gridgeo.geometry.segments import as_lines

_REACH = 0.75  # lattice units; the corner of a cell is 0.71 from its centre
ROUNDS = 6
"""A crossing that is brought to the lattice may make another one; so often that is followed."""

Steps = NDArray[np.int64]


def noded_lines(
    borders: NDArray[np.object_], cutters: NDArray[np.object_], rounds: int = ROUNDS
) -> shapely.Geometry:
    """Return all lines with a node wherever a cutting line meets anything; in lattice units.

    Corners within half a lattice step of a line become its nodes where one of the two is cutting;
    a crossing becomes the nearest lattice point.

    Parameters
    ----------
    borders
        Lines that meet each other only in common corners.
    cutters
        Lines through them. Both arrays in lattice units.
    rounds
        After so many, what is not on the lattice yet is brought there by snap rounding.
    """
    edges, cuts = _edges(borders), _edges(cutters)
    pieces = np.concatenate((_with_corners(edges, cuts), _with_corners(cuts, edges)))
    for _ in range(rounds):
        noded = shapely.union_all(_lines(pieces))
        xy = shapely.get_coordinates(noded)
        if (xy == np.rint(xy)).all():
            return noded
        pieces = _edges(shapely.get_parts(noded))
    return shapely.union_all(_lines(pieces), grid_size=1.0)


def _lines(edges: Steps) -> NDArray[np.object_]:
    distinct = _distinct(edges)
    return as_lines(distinct[:, 0], distinct[:, 1])


def _edges(lines: NDArray[np.object_]) -> Steps:
    """Return the edges (n, 2, 2) of lines, rounded to the lattice, without those of no length."""
    xy, owner = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
    steps = np.rint(xy).astype(np.int64)
    real = (owner[1:] == owner[:-1]) & (steps[1:] != steps[:-1]).any(axis=1)
    edges: Steps = np.stack((steps[:-1], steps[1:]), axis=1)[real]
    return edges


def _distinct(edges: Steps) -> Steps:
    """Return each edge once, whichever way it runs."""
    backward = (edges[:, 0] > edges[:, 1])[:, 0] | (
        (edges[:, 0, 0] == edges[:, 1, 0]) & (edges[:, 0, 1] > edges[:, 1, 1])
    )
    edges = np.where(backward[:, None, None], edges[:, ::-1], edges)
    return np.unique(edges.reshape(-1, 4), axis=0).reshape(-1, 2, 2)


def _with_corners(edges: Steps, others: Steps) -> Steps:
    """Return edges with a node at each corner of others whose lattice cell they pass through."""
    if not len(edges) or not len(others):
        return edges
    corners = np.unique(others.reshape(-1, 2), axis=0).astype(np.float64)
    tree = STRtree(as_lines(edges[:, 0], edges[:, 1]))
    corner, edge = tree.query(shapely.points(corners), predicate="dwithin", distance=_REACH)
    a, b = (edges[edge, end].astype(np.float64) for end in (0, 1))
    met = in_cell(corners[corner], a, b)
    nodes: dict[int, list[Steps]] = defaultdict(list)
    for c, e in zip(corner[met].tolist(), edge[met].tolist(), strict=True):
        nodes[e].append(corners[c].astype(np.int64))
    kept = np.delete(edges, list(nodes), axis=0)
    return np.concatenate((kept, *(_chain(edges[e], found) for e, found in nodes.items())))


def _chain(edge: Steps, nodes: list[Steps]) -> Steps:
    start, end = edge
    way = np.array([start, *sorted(nodes, key=lambda node: _squared(node - start)), end])
    return np.stack((way[:-1], way[1:]), axis=1)


def _squared(step: Steps) -> int:
    return int((step * step).sum())
