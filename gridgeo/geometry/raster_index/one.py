"""One point at a time, in plain Python: a few reads instead of calls on short arrays."""

from gridgeo.geometry.raster_index.frame import FINE, FINE_BITS
from gridgeo.geometry.raster_index.raster import Raster
from gridgeo.geometry.raster_index.rasterise import PLACE_BITS, UNIT

ERROR_BOUND = 4 * 2.0**-53  # Shewchuk's (3 + 16 eps) eps, rounded up
UNDERFLOW = 1e-290
SAME_HEIGHT = 1e-11  # degrees; far more than the rounding of a height

_UNSURE = -1
_NO_EDGE = -2


class Reader:
    """Answers single points from a raster as `query.slots_at` does, or leaves them to it."""

    def __init__(self, raster: Raster) -> None:
        self._west, self._south, self._scale, self._columns, rows = raster.frame
        self._right, self._top = self._columns * FINE, rows * FINE
        self._coarse, self._blocks = raster.coarse.data, raster.blocks.data.data
        self._lists = raster.lists.data.data
        self._edges = raster.edges.data.reshape(-1).data

    def slot_at(self, lon: float, lat: float) -> int:
        """Slot of the owner of a point in finite degrees; negative what floats cannot decide."""
        fine_x, fine_y = (lon - self._west) * self._scale, (lat - self._south) * self._scale
        if not (0.0 <= fine_x < self._right and 0.0 <= fine_y < self._top):
            return 0
        u, v = int(fine_x), int(fine_y)
        value, _ = self._value(u, v)
        if value >= 0:
            return value
        if value & 1:
            return self._beside(~value >> 1, lon, lat)
        return self._among_several(~value >> 1, u, v, lon, lat)

    def _value(self, u: int, v: int) -> tuple[int, int]:
        """Value of the smallest cell, and how many times its width was halved."""
        value: int = self._coarse[(v >> FINE_BITS) * self._columns + (u >> FINE_BITS)]
        if value >= 0:
            return value, 0
        code = ~value
        k = code & ((1 << PLACE_BITS) - 1)
        shift = FINE_BITS - k
        place = ((v & FINE - 1) >> shift << k) + ((u & FINE - 1) >> shift)
        return self._blocks[(code >> PLACE_BITS) * UNIT + place], k

    def _side(self, at: int, lon: float, lat: float) -> float:
        """Positive to the left of the edge at this place, negative to its right, 0 if unsure."""
        edges = self._edges
        left = (edges[at] / 1e7 - lon) * (edges[at + 3] / 1e7 - lat)
        right = (edges[at + 1] / 1e7 - lat) * (edges[at + 2] / 1e7 - lon)
        side: float = left - right
        return side if abs(side) > ERROR_BOUND * (abs(left) + abs(right)) + UNDERFLOW else 0.0

    def _beside(self, edge: int, lon: float, lat: float) -> int:
        side = self._side(6 * edge, lon, lat)
        slot: int = self._edges[6 * edge + (4 if side > 0.0 else 5)] if side else _UNSURE
        return slot

    def _among_several(self, head: int, u: int, v: int, lon: float, lat: float) -> int:
        while True:
            shift = FINE_BITS - self._value(u, v)[1]
            v = (v >> shift) + 1 << shift
            top = max(v / self._scale + self._south, lat)
            slot = self._below_first(head, lon, lat, top)
            if slot != _NO_EDGE:
                return slot
            lat = top
            value, _ = self._value(u, v)
            if value >= 0:
                return value
            if value & 1:
                return self._beside(~value >> 1, lon, lat)
            head = ~value >> 1

    def _below_first(self, head: int, lon: float, lat: float, top: float) -> int:
        """Slot below the first edge above a point, up to the top of the cell."""
        slot, lowest = _NO_EDGE, top + 1.0
        for i in range(head + 1, head + 1 + self._lists[head]):
            at = 6 * self._lists[i]
            side = self._side(at, lon, lat)
            if not side:
                return _UNSURE
            ax, bx = self._edges[at] / 1e7, self._edges[at + 2] / 1e7
            if not min(ax, bx) <= lon < max(ax, bx) or (side > 0.0) == (ax < bx):
                continue
            leaving = self._side(at, lon, top)
            height = self._height(at, lon)
            if not leaving or abs(height - lowest) <= SAME_HEIGHT:
                return _UNSURE
            if (leaving > 0.0) != (side > 0.0) and height < lowest:
                slot, lowest = self._edges[at + (5 if ax < bx else 4)], height
        return slot

    def _height(self, at: int, lon: float) -> float:
        """Latitude of a slanted or level edge at a longitude."""
        ax, ay, bx, by = (self._edges[i] / 1e7 for i in range(at, at + 4))
        height: float = ay + (lon - ax) * ((by - ay) / (bx - ax))
        return height
