"""Point location the plain way: for polygons that overlap, and the twin of the fast engine.

Candidates come from a tree of bounding boxes, the answer from the exact predicate, and a point that
several polygons cover belongs to the one with the lowest code (byte order).
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely import STRtree
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.errors import InvalidShape
from gridgeo.geometry.lattice import on_lattice, require_coordinates, require_lattice, snap
from gridgeo.geometry.predicates import OUTSIDE, edges_of, relate_met

NOWHERE = -1

_EDGES_AT_ONCE = 2_000_000


class PlainIndex:
    """Exact point location over polygons on the lattice; immutable after `build`."""

    def __init__(
        self,
        polygons: NDArray[np.object_],
        ids: NDArray[np.int32],
        rank: NDArray[np.int64],
    ) -> None:
        self._ids = ids
        self._rank = rank
        self._by_rank = np.argsort(rank)
        self._edges, owner = edges_of(polygons)
        self._south = np.minimum(self._edges[:, 1], self._edges[:, 3])
        self._north = np.maximum(self._edges[:, 1], self._edges[:, 3])
        self._first = np.searchsorted(owner, np.arange(len(ids) + 1))
        self._tree = STRtree(polygons)

    @classmethod
    def build(
        cls,
        polygons: Sequence[Polygon | MultiPolygon],
        ids: ArrayLike | None = None,
        codes: Sequence[str] | None = None,
        snap: bool = True,
    ) -> "PlainIndex":
        """Index polygons, which may overlap; parameters and errors as of `PointIndex.build`."""
        return cls.over(*as_input(polygons, ids, codes, snap), codes)

    @classmethod
    def over(
        cls, shapes: NDArray[np.object_], ids: NDArray[np.int32], codes: Sequence[str] | None
    ) -> "PlainIndex":
        """Index polygons on the lattice, with their ids and codes, if any."""
        number = len(shapes)
        names = range(number) if codes is None else [code.encode() for code in codes]
        rank = np.empty(number, dtype=np.int64)
        rank[sorted(range(number), key=names.__getitem__)] = np.arange(number)
        return cls(shapes, ids, rank)

    def __len__(self) -> int:
        """Return the number of polygons."""
        return len(self._ids)

    def locate(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.int32]:
        """Id of the owner of each point, -1 for none, in the order of the points.

        Parameters
        ----------
        lon, lat
            Degrees, shape (n,) both.

        Raises
        ------
        NotACoordinate
            Naming the first row that is NaN or infinite.
        """
        x, y = as_points(lon, lat)
        point, polygon = self._covering(x, y)
        best = np.full(len(x), len(self), dtype=np.int64)
        np.minimum.at(best, point, self._rank[polygon])
        found = best < len(self)
        result = np.full(len(x), NOWHERE, dtype=np.int32)
        result[found] = self._ids[self._by_rank[best[found]]]
        return result

    def locate_one(self, lon: float, lat: float) -> int:
        """Id of the owner of one point in degrees, -1 for none."""
        return int(self.locate([lon], [lat])[0])

    def locate_all(self, lon: float, lat: float) -> list[int]:
        """Ids of all polygons that cover one point in degrees, lowest code first."""
        _, polygon = self._covering(*as_points([lon], [lat]))
        ranks = np.sort(self._rank[polygon])
        return [int(i) for i in self._ids[self._by_rank[ranks]]]

    def beside(self, start: tuple[float, float], end: tuple[float, float]) -> list[int]:
        """Ids of the polygons with an edge between two corners in degrees, lowest code first."""
        forth, back = np.array([*start, *end]), np.array([*end, *start])
        same = (self._edges == forth).all(axis=1) | (self._edges == back).all(axis=1)
        polygon = np.searchsorted(self._first, np.flatnonzero(same), side="right") - 1
        ranks = np.unique(self._rank[polygon])
        return [int(i) for i in self._ids[self._by_rank[ranks]]]

    def _covering(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs (row of the point, position of a polygon that covers it), in no order."""
        point, polygon = self._tree.query(shapely.points(x, y))
        covered = [
            self._relate(polygon[pairs], x[point[pairs]], y[point[pairs]]) != OUTSIDE
            for pairs in self._portions(polygon)
        ]
        keep = np.concatenate(covered)
        return point[keep], polygon[keep]

    def _portions(self, polygon: NDArray[np.int64]) -> Iterator[slice]:
        """Cut the pairs into runs with about as many edges as are worked on at once."""
        edges = np.cumsum(self._first[polygon + 1] - self._first[polygon])
        cuts = np.flatnonzero(np.diff(edges // _EDGES_AT_ONCE)) + 1
        bounds = [0, *cuts.tolist(), len(polygon)]
        return (slice(first, last) for first, last in pairwise(bounds))

    def _relate(
        self, polygon: NDArray[np.int64], x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> NDArray[np.int8]:
        """Place of each point in the polygon it is paired with, as `predicates.relate` says."""
        first, number = self._first[polygon], self._first[polygon + 1] - self._first[polygon]
        pair = np.repeat(np.arange(len(polygon)), number)
        edge = np.arange(len(pair)) + np.repeat(first - np.cumsum(number) + number, number)
        reached = (self._south[edge] <= y[pair]) & (y[pair] <= self._north[edge])
        return relate_met(self._edges[edge[reached]], pair[reached], x, y)


def as_input(
    polygons: Sequence[Polygon | MultiPolygon],
    ids: ArrayLike | None,
    codes: Sequence[str] | None,
    snapped: bool,
) -> tuple[NDArray[np.object_], NDArray[np.int32]]:
    """Polygons on the lattice and their ids; errors as of `PointIndex.build`."""
    shapes = as_shapes(polygons, snapped)
    return shapes, as_ids(ids, codes, len(shapes))


def as_ids(ids: ArrayLike | None, codes: Sequence[str] | None, number: int) -> NDArray[np.int32]:
    """Ids of so many polygons, by default their positions; `InvalidShape` when they do not fit."""
    numbers = np.arange(number) if ids is None else np.asarray(ids, dtype=np.int64)
    if len(numbers) != number or (codes is not None and len(codes) != number):
        raise InvalidShape(f"{number} polygons need as many ids and codes", key="ids")
    if number and not 0 <= numbers.min() <= numbers.max() < 2**31:
        raise InvalidShape("ids must be from 0 to 2**31 - 1", key="ids")
    return numbers.astype(np.int32)


def as_shapes(polygons: Sequence[Polygon | MultiPolygon], snapped: bool) -> NDArray[np.object_]:
    """Array of polygons on the lattice, brought there if `snapped`, else refused when off it."""
    for position, shape in enumerate(polygons):
        if not isinstance(shape, (Polygon, MultiPolygon)):
            raise InvalidShape(f"shape {position} is no polygon", key="position", value=position)
    shapes = np.empty(len(polygons), dtype=object)
    shapes[:] = polygons
    if snapped and not on_lattice(shapely.get_coordinates(shapes)).all():
        shapes[:] = [snap(shape) for shape in shapes]
    require_lattice(shapes)
    return shapes


def as_points(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two float arrays; `NotACoordinate` when one holds NaN or an infinity."""
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    require_coordinates(x, y)
    return x, y
