"""Which polygon owns a point: the one index behind every locate.

Over a coverage a two-level raster answers (`raster_index/`); polygons that overlap, or whose shared
borders have different corners, are left to the plain engine (`plain_index.py`). Both are exact, and
a point that several polygons cover belongs to the one with the lowest code (byte order).
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.delta import Delta
from gridgeo.geometry.errors import InvalidShape
from gridgeo.geometry.plain_index import NOWHERE, PlainIndex, as_input, as_points
from gridgeo.geometry.raster_index.index import Parts, RasterIndex
from gridgeo.geometry.raster_index.owners import Owners
from gridgeo.geometry.raster_index.shared_edges import coverage_edges
from gridgeo.geometry.raster_index.storage import (
    DamagedIndexFile,
    FilePath,
    read_arrays,
    write_arrays,
)

__all__ = ["NOWHERE", "DamagedIndexFile", "PointIndex"]

Shape = Polygon | MultiPolygon


class PointIndex:
    """Exact point location over polygons on the lattice; immutable, safe to share by threads."""

    def __init__(self, engine: RasterIndex | PlainIndex) -> None:
        self._engine = engine

    @classmethod
    def build(
        cls,
        polygons: Sequence[Shape],
        ids: ArrayLike | None = None,
        codes: Sequence[str] | None = None,
        snap: bool = True,
    ) -> "PointIndex":
        """Index valid polygons or multipolygons in degrees.

        Parameters
        ----------
        polygons
            In degrees. They may overlap; a coverage is answered some ten times faster.
        ids
            What `locate` answers, one number from 0 to 2**31 - 1 each; by default the position.
        codes
            What decides when several polygons cover a point: the lowest in byte order of UTF-8,
            then the position; by default the position alone.
        snap
            Bring the polygons to the lattice first; otherwise off-lattice input is refused.

        Raises
        ------
        OffLattice
            When `snap` is false and a vertex is off the lattice.
        InvalidShape
            When something is neither polygon nor multipolygon, or lists differ in length.
        CollapsedRing
            When snapping destroys a ring.
        """
        shapes, numbers = as_input(polygons, ids, codes, snap)
        edges = coverage_edges(shapes)
        if edges is None or not len(edges):
            return cls(PlainIndex.over(shapes, numbers, codes))
        return cls(RasterIndex.build(shapes, edges, Owners.of(numbers, codes)))

    def __len__(self) -> int:
        """Return the number of polygons."""
        return len(self._engine)

    @property
    def is_coverage(self) -> bool:
        """Whether the polygons are a coverage, so that the fast engine answers."""
        return isinstance(self._engine, RasterIndex)

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
        return self._engine.locate(*as_points(lon, lat))

    def locate_one(self, lon: float, lat: float) -> int:
        """Id of the owner of one point in degrees, -1 for none."""
        if not (isfinite(lon) and isfinite(lat)):
            as_points([lon], [lat])
        return self._engine.locate_one(lon, lat)

    def locate_all(self, lon: float, lat: float) -> list[int]:
        """Ids of all polygons that cover one point in degrees, lowest code first."""
        as_points([lon], [lat])
        return self._engine.locate_all(lon, lat)

    def beside(self, start: tuple[float, float], end: tuple[float, float]) -> list[int]:
        """Ids of the polygons that have an edge between two corners (lon, lat) in degrees.

        Of a coverage that are the two on either side of it, or the one on its outline, in no order;
        none when these are not the ends of one edge.
        """
        return self._engine.beside(start, end)

    def patched(self, change: Delta[Shape], ids: Mapping[str, int]) -> "PointIndex":
        """Return the index after a change of polygons, by code; untouched cells are shared.

        It answers as an index built anew would. The old polygons are told by their codes; the new
        ones, on the lattice, must cover exactly the same ground, corner by corner.

        Parameters
        ----------
        change
            Old and new polygons by code, in degrees.
        ids
            What `locate` answers for each new code.

        Raises
        ------
        InvalidShape
            When the change does not fit, or the index has no codes or is over no coverage: then
            build anew.
        OffLattice
            When a vertex of a new polygon is off the lattice.
        """
        codes = list(change.new)
        numbers = [ids[code] for code in codes]
        shapes, new_ids = as_input(list(change.new.values()), numbers, codes, False)
        return PointIndex(self._coverage().patched(list(change.old), shapes, new_ids, codes))

    def save(self, path: FilePath) -> None:
        """Write the index into one file, which appears only when it is whole.

        Raises
        ------
        InvalidShape
            When the polygons are no coverage.
        """
        write_arrays(path, *self.parts())

    @classmethod
    def load(cls, path: FilePath) -> "PointIndex":
        """Map an index from its file into memory; processes share its pages.

        Raises
        ------
        DamagedIndexFile
            When the file is no index, of another format, or not whole.
        FileNotFoundError
            When there is none.
        """
        return cls.of_parts(*read_arrays(path))

    def parts(self) -> Parts:
        """Return the index as named arrays and a JSON value, to be kept in a larger file.

        Raises
        ------
        InvalidShape
            When the polygons are no coverage.
        """
        return self._coverage().parts()

    @classmethod
    def of_parts(cls, arrays: Mapping[str, NDArray[Any]], more: Any) -> "PointIndex":
        """Return the index of such parts; nothing is copied."""
        return cls(RasterIndex.of_parts(arrays, more))

    def _coverage(self) -> RasterIndex:
        if isinstance(self._engine, RasterIndex):
            return self._engine
        raise InvalidShape("the polygons of the index are no coverage", key="polygons")
