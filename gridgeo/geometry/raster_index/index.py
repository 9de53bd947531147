"""The raster and its owners together: what `PointIndex` is over a coverage."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.raster_index.frame import Frame
from gridgeo.geometry.raster_index.growing import Growing
from gridgeo.geometry.raster_index.owners import Owners
from gridgeo.geometry.raster_index.patch import Change, patched
from gridgeo.geometry.raster_index.query import covering_slots, slots_at
from gridgeo.geometry.raster_index.raster import Raster, build_raster
from gridgeo.geometry.raster_index.shared_edges import NOBODY, Records
from gridgeo.geometry.raster_index.walk import (
    Corner,
    Ground,
    compiled,
    read_only,
    slot_at,
    slots_beside,
    walk,
)

Array = NDArray[np.float64]

Parts = tuple[dict[str, NDArray[Any]], Any]

_BATCH = 2_000  # points from which compiled code is worth its import
_GROWING = ("blocks", "edges", "lists")


class RasterIndex:
    """Exact point location over a coverage; immutable."""

    def __init__(self, raster: Raster, owners: Owners) -> None:
        self._raster = raster
        self._owners = owners

    @classmethod
    def build(cls, shapes: NDArray[np.object_], edges: Records, owners: Owners) -> "RasterIndex":
        """Index a coverage, by its shared edges, of which there is at least one."""
        return cls(build_raster(shapes, edges), owners)

    def __len__(self) -> int:
        """Return the number of polygons."""
        return self._owners.number

    def locate(self, lon: Array, lat: Array) -> NDArray[np.int32]:
        """Id of the owner of each point in finite degrees, -1 for none."""
        slots = np.empty(len(lon), dtype=np.int32)
        if len(lon) < _BATCH:
            walk(self._viewed, lon, lat, slots)
        else:
            compiled()(self._ground, read_only(lon), read_only(lat), slots)
        unsure = np.flatnonzero(slots < 0)
        slots[unsure] = self._exact_slots(lon[unsure], lat[unsure])
        return self._owners.ids.take(slots)

    def locate_one(self, lon: float, lat: float) -> int:
        """Id of the owner of one point in finite degrees, -1 for none."""
        slot = slot_at(self._viewed, lon, lat)
        if slot < 0:
            slot = int(self._exact_slots(np.array([lon]), np.array([lat]))[0])
        return self._ids[slot]

    def locate_all(self, lon: float, lat: float) -> list[int]:
        """Ids of all polygons that cover one point in finite degrees, lowest code first."""
        slots = covering_slots(self._raster, self._owners.rank, lon, lat)
        ranked = sorted((int(self._owners.rank[slot]), slot) for slot in slots if slot != NOBODY)
        return [int(self._owners.ids[slot]) for _, slot in ranked]

    def beside(self, start: Corner, end: Corner) -> list[int]:
        """Ids on either side of the edge between two corners in degrees; see `PointIndex`."""
        slots = slots_beside(self._viewed, start, end)
        return [self._ids[slot] for slot in slots if slot != NOBODY]

    def patched(
        self,
        going: Sequence[str],
        shapes: NDArray[np.object_],
        ids: NDArray[np.int32],
        codes: Sequence[str],
    ) -> "RasterIndex":
        """Return the index after a change over the same ground; see `PointIndex.patched`."""
        if not going and not len(shapes):
            return self
        slots = self._owners.slots(going)
        comers = len(self._owners.ids) + np.arange(len(shapes))
        raster = patched(self._raster, self._owners.rank, Change(slots, shapes, comers))
        return RasterIndex(raster, self._owners.replaced(slots, ids, codes))

    def parts(self) -> Parts:
        """Return what `of_parts` takes: named arrays, with room to be patched, and a JSON value."""
        growing = {name: getattr(self._raster, name) for name in _GROWING}
        used = [store.used for store in growing.values()]
        arrays = {name: store.data for name, store in growing.items()}
        owners = self._owners
        arrays |= {"coarse": self._raster.coarse, "ids": owners.ids}
        arrays |= {"rank": owners.rank, "codes": owners.codes}
        return arrays, [list(self._raster.frame), used, owners.number]

    @classmethod
    def of_parts(cls, arrays: Mapping[str, NDArray[Any]], more: Any) -> "RasterIndex":
        """Return the index of such parts; nothing is copied."""
        frame, used, number = more
        growing = [Growing(arrays[name], n) for name, n in zip(_GROWING, used, strict=True)]
        raster = Raster(Frame(*frame), arrays["coarse"], *growing)
        return cls(raster, Owners(arrays["ids"], arrays["rank"], arrays["codes"], number))

    def _exact_slots(self, lon: Array, lat: Array) -> NDArray[np.int32]:
        return slots_at(self._raster, self._owners.rank, lon, lat)

    @cached_property
    def _ground(self) -> Ground:
        return Ground.of(self._raster)

    @cached_property
    def _viewed(self) -> Ground:
        return self._ground.viewed()

    @cached_property
    def _ids(self) -> list[int]:
        ids: list[int] = self._owners.ids.tolist()
        return ids
