"""Many polygons by number, kept as bytes and read only when one is asked for.

A table that comes out of a file costs no time and shares its pages with other processes. A change
gives a new table that shares all that it did not touch.
"""

from collections.abc import Collection, Iterator, Mapping
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.row_lookup import RowLookup

Shape = Polygon | MultiPolygon
Box = tuple[float, float, float, float]


class ShapeTable(Mapping[int, Shape]):
    """Polygons in degrees by number, in a fixed order; immutable, safe to share by threads.

    Parameters
    ----------
    ids : int32 array (n,)
        The numbers, each once.
    boxes : float64 array (n, 4)
        West, south, east, north of each polygon.
    wkb : uint8 array
        All polygons as WKB, one behind the other.
    ends : int64 array (n,)
        Where the bytes of each polygon end.
    """

    def __init__(
        self,
        ids: NDArray[np.int32],
        boxes: NDArray[np.float64],
        wkb: NDArray[np.uint8],
        ends: NDArray[np.int64],
    ) -> None:
        self._ids, self._boxes, self._wkb, self._ends = ids, boxes, wkb, ends
        self._later: dict[int, Shape] = {}
        self._gone: frozenset[int] = frozenset()

    @classmethod
    def of(cls, shapes: Mapping[int, Shape]) -> "ShapeTable":
        """Return a table of shapes by number."""
        these = _array(list(shapes.values()))
        parts = shapely.to_wkb(these).tolist()
        return cls(
            np.fromiter(shapes, dtype=np.int32, count=len(shapes)),
            shapely.bounds(these).reshape(-1, 4),
            np.frombuffer(b"".join(parts), dtype=np.uint8),
            np.cumsum([len(part) for part in parts], dtype=np.int64),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what the constructor takes, by name, all changes worked in."""
        if self._later or self._gone:
            return ShapeTable.of(self).arrays()
        return {"ids": self._ids, "boxes": self._boxes, "wkb": self._wkb, "ends": self._ends}

    def __getitem__(self, number: int) -> Shape:
        """Return a polygon; `KeyError` for an unknown number."""
        later = self._later.get(number)
        if later is not None:
            return later
        if number in self._gone:
            raise KeyError(number)
        row = self._rows[number]
        start = int(self._ends[row - 1]) if row else 0
        part = self._wkb[start : int(self._ends[row])]
        shape: Shape = shapely.from_wkb(part.tobytes())  # type: ignore[assignment]  # any geometry
        return shape

    def __iter__(self) -> Iterator[int]:
        """Return the numbers in the order of the table, those that came later at the end."""
        yield from (number for number in self._ids.tolist() if number not in self._gone)
        yield from self._later

    def __len__(self) -> int:
        """Return how many polygons there are."""
        return len(self._ids) - len(self._gone) + len(self._later)

    def shapes(self) -> list[Shape]:
        """Return all polygons in the order of the table, at once."""
        if self._later or self._gone:
            return list(self.values())
        starts, whole = np.append(0, self._ends[:-1]), self._wkb.tobytes()
        both = zip(starts.tolist(), self._ends.tolist(), strict=False)
        shapes: list[Shape] = shapely.from_wkb([whole[start:end] for start, end in both]).tolist()
        return shapes

    @property
    def boxes(self) -> NDArray[np.float64]:
        """West, south, east, north of each polygon, (n, 4), in the order of the table."""
        if not self._gone and not self._later:
            return self._boxes
        return np.concatenate((self._boxes[self._stays()], self._later_boxes))

    @cached_property
    def bounds(self) -> Box:
        """West, south, east, north of all polygons; NaN when there are none."""
        boxes = self.boxes
        if not len(boxes):
            return (np.nan, np.nan, np.nan, np.nan)
        west, south = boxes[:, :2].min(axis=0).tolist()
        east, north = boxes[:, 2:].max(axis=0).tolist()
        return west, south, east, north

    def meeting(self, box: Box) -> list[int]:
        """Numbers of the polygons whose boxes meet a box, in the order of the table."""
        rows = np.sort(self._tree.query(shapely.box(*box)))
        found = [number for number in self._ids[rows].tolist() if number not in self._gone]
        if not self._later:
            return found
        west, south, east, north = box
        boxes = self._later_boxes.T
        met = (boxes[0] <= east) & (boxes[2] >= west) & (boxes[1] <= north) & (boxes[3] >= south)
        later = list(self._later)
        return found + [later[row] for row in np.flatnonzero(met).tolist()]

    def replaced(self, gone: Collection[int], new: Mapping[int, Shape]) -> "ShapeTable":
        """Return the table without the polygons `gone`, and with others, old numbers or new."""
        table = copy(self)
        for cached in ("bounds", "_later_boxes"):
            table.__dict__.pop(cached, None)
        table._gone = self._gone.union(n for n in {*gone, *new} if n in self._rows)
        kept = {n: s for n, s in self._later.items() if n not in gone and n not in new}
        table._later = {**kept, **new}
        return table

    @cached_property
    def _rows(self) -> RowLookup:
        return RowLookup(self._ids)

    @cached_property
    def _tree(self) -> STRtree:
        boxes: NDArray[np.object_] = shapely.box(*self._boxes.T)  # type: ignore[assignment]  # arrays in, array out
        return STRtree(boxes)

    def _stays(self) -> NDArray[np.bool_]:
        stays = np.ones(len(self._ids), dtype=np.bool_)
        stays[[self._rows[number] for number in self._gone]] = False
        return stays

    @cached_property
    def _later_boxes(self) -> NDArray[np.float64]:
        later = _array(list(self._later.values()))
        return np.asarray(shapely.bounds(later).reshape(-1, 4), dtype=np.float64)


def _array(shapes: list[Shape]) -> NDArray[np.object_]:
    array = np.empty(len(shapes), dtype=np.object_)
    array[:] = shapes
    return array
