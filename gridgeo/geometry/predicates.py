"""Exact answers on the stored doubles: on which side, and inside or not.

A float64 determinant decides almost every case, with the forward error bound of J. R. Shewchuk,
"Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates" (1997), as a
filter; what the filter leaves open is decided with rational numbers. `rational.py` is the twin.
"""

from fractions import Fraction

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.lattice import require_coordinates
from gridgeo.geometry.rings import rings_of

INSIDE, BOUNDARY, OUTSIDE = 1, 0, -1

_EPSILON = 2.0**-53
_ERROR_BOUND = (3.0 + 16.0 * _EPSILON) * _EPSILON
_UNDERFLOW = 1e-290  # products below it may have lost bits that the bound does not know of
_PAIRS_AT_ONCE = 2_000_000

Array = NDArray[np.float64]


def orientation(
    ax: ArrayLike, ay: ArrayLike, bx: ArrayLike, by: ArrayLike, px: ArrayLike, py: ArrayLike
) -> NDArray[np.int8]:
    """Side of the directed line a to b on which p lies: 1 left, 0 on the line, -1 right.

    Exact for any finite doubles; the arguments broadcast against each other.

    Raises
    ------
    NotACoordinate
        When an argument is NaN or infinite.
    """
    given = (np.asarray(v, dtype=np.float64) for v in (ax, ay, bx, by, px, py))
    arrays = np.broadcast_arrays(*given)
    x1, y1, x2, y2, x, y = (array.ravel() for array in arrays)
    for lon, lat in ((x1, y1), (x2, y2), (x, y)):
        require_coordinates(lon, lat)
    return _side(np.column_stack((x1, y1, x2, y2)), x, y).reshape(arrays[0].shape)


def _side(edges: Array, px: Array, py: Array) -> NDArray[np.int8]:
    """`orientation` of edges (n, 4) and points (n,), all finite."""
    ax, ay, bx, by = edges.T
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        dax, day, dbx, dby = ax - px, ay - py, bx - px, by - py
        left, right = dax * dby, day * dbx
        determinant = left - right
        bound = _ERROR_BOUND * (np.abs(left) + np.abs(right)) + _UNDERFLOW
        decided = np.abs(determinant) > bound
        sign = np.sign(determinant)
    # The sign of a difference of doubles is always right, so two products of different sign decide.
    left_sign, right_sign = np.sign(dax) * np.sign(dby), np.sign(day) * np.sign(dbx)
    apart = left_sign * right_sign <= 0
    result = np.where(apart, np.sign(left_sign - right_sign), np.where(decided, sign, 0))
    result = result.astype(np.int8)
    for i in np.flatnonzero(~apart & ~decided):
        result[i] = _exact_sign(*(float(v[i]) for v in (ax, ay, bx, by, px, py)))
    return result


def _exact_sign(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    x, y = Fraction(px), Fraction(py)
    left = (Fraction(ax) - x) * (Fraction(by) - y)
    right = (Fraction(ay) - y) * (Fraction(bx) - x)
    return (left > right) - (left < right)


def relate(polygon: Polygon | MultiPolygon, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.int8]:
    """Where each point lies: 1 inside, 0 on the boundary, -1 outside; exact on the doubles.

    A point on any ring, of a hole or of a part, is on the boundary. The polygon must be valid.

    Parameters
    ----------
    polygon
        In degrees; holes, several parts and rings that touch at a point are fine.
    lon, lat
        Degrees, shape (n,).

    Returns
    -------
    int8 array (n,), in the order of the points.

    Raises
    ------
    NotACoordinate
        When a point is NaN or infinite.
    """
    x = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    y = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    require_coordinates(x, y)
    return _relate_edges(ring_edges(polygon), x, y)


def ring_edges(polygon: Polygon | MultiPolygon) -> Array:
    """Edges of all rings, shape (m, 4): ax, ay, bx, by in degrees, in ring order."""
    return edges_of(np.array([polygon], dtype=object))[0]


def edges_of(shapes: NDArray[np.object_]) -> tuple[Array, NDArray[np.int64]]:
    """Edges of all rings of an array of polygons, shape (m, 4), and the position of each's owner.

    In the order of the polygons and of their rings.
    """
    rings, ring_owner = rings_of(shapes)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    real = ring[1:] == ring[:-1]
    return np.hstack((xy[:-1][real], xy[1:][real])), ring_owner[ring[:-1][real]]


def _relate_edges(edges: Array, x: Array, y: Array) -> NDArray[np.int8]:
    """`relate` for edges prepared by `ring_edges` and finite points of shape (n,)."""
    step = max(1, _PAIRS_AT_ONCE // max(1, len(edges)))
    chunks = [
        _relate_chunk(edges, x[i : i + step], y[i : i + step]) for i in range(0, len(x), step)
    ]
    return np.concatenate(chunks) if chunks else np.empty(0, dtype=np.int8)


def _relate_chunk(edges: Array, x: Array, y: Array) -> NDArray[np.int8]:
    ay, by = edges[:, 1], edges[:, 3]
    level = y[:, None]
    point, edge = np.nonzero((np.minimum(ay, by) <= level) & (level <= np.maximum(ay, by)))
    return relate_met(edges[edge], point, x, y)


def relate_met(edges: Array, point: NDArray[np.int64], x: Array, y: Array) -> NDArray[np.int8]:
    """`relate` of points (n,) given, for each, the edges of its polygon that reach its latitude.

    Row k of `edges` (m, 4) is met by the point at position `point[k]`; ends count as reached.
    """
    px, py = x[point], y[point]
    side = _side(edges, px, py)
    x1, x2 = edges[:, 0], edges[:, 2]
    on_edge = (side == 0) & (np.minimum(x1, x2) <= px) & (px <= np.maximum(x1, x2))
    crossings = np.bincount(point[_is_west(edges, py, side)], minlength=len(x))
    result = np.where(crossings % 2 == 1, INSIDE, OUTSIDE).astype(np.int8)
    result[point[on_edge]] = BOUNDARY
    return result


def _is_west(edges: Array, py: Array, side: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Whether a ray to the east, half-open in y, from a point on each side meets each edge."""
    _, y1, _, y2 = edges.T
    upward, downward = (y1 <= py) & (py < y2), (y2 <= py) & (py < y1)
    return np.asarray((upward & (side > 0)) | (downward & (side < 0)), dtype=np.bool_)


def holds_just_north(edges: Array, x: float, y: float) -> bool:
    """Whether a polygon, by its `ring_edges`, holds the points just north, then east, of a point.

    Of the polygons of a coverage exactly one does, even where the point lies on a border.
    """
    py = np.full(len(edges), y)
    side = _side(edges, np.full(len(edges), x), py)
    dx, dy = np.sign(edges[:, 2] - edges[:, 0]), np.sign(edges[:, 3] - edges[:, 1])
    # From a point on a slanted edge a step north leads to its west when it leans to the east.
    nudged = np.where(side == 0, np.where(dx * dy > 0, dy, -dy), side).astype(np.int8)
    return bool(np.count_nonzero(_is_west(edges, py, nudged)) % 2)
