"""One point at a time, by floats alone: whoever they cannot decide is left to `query.py`.

The functions are plain Python for a single point, and the same code is compiled by Numba for the
loop over a batch; arrays of NumPy serve the one, memory views the other.
"""

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.raster_index.frame import FINE, FINE_BITS
from gridgeo.geometry.raster_index.raster import Raster
from gridgeo.geometry.raster_index.rasterise import PLACE_BITS, UNIT

ERROR_BOUND = 4 * 2.0**-53  # Shewchuk's (3 + 16 eps) eps, rounded up
UNDERFLOW = 1e-290
SAME_HEIGHT = 1e-11  # degrees; far more than the rounding of a height
UNSURE = -1
AT_ONCE = 256

_NO_EDGE = -2

Array = NDArray[np.float64]
Slots = NDArray[np.int32]
Corner = tuple[float, float]
Walk = Callable[["Ground", Array, Array, Slots], None]


class Grid(NamedTuple):
    """The frame as the walk reads it: `right` and `top` are its size in fine units."""

    west: float
    south: float
    scale: float
    columns: int
    right: float
    top: float


class Ground(NamedTuple):
    """A raster as the walk reads it, flat arrays or memory views of int32.

    Functions take these one by one: taking an array out of a tuple costs compiled code more than
    all else that it does for a point.
    """

    grid: Grid
    coarse: Any
    blocks: Any
    lists: Any
    edges: Any

    @classmethod
    def of(cls, raster: Raster) -> "Ground":
        """Return the arrays of a raster, read-only, so that there is one type to compile for."""
        west, south, scale, columns, rows = raster.frame
        grid = Grid(west, south, scale, columns, float(columns * FINE), float(rows * FINE))
        arrays = (raster.coarse, raster.blocks.data, raster.lists.data, raster.edges.data)
        return cls(grid, *(read_only(array.reshape(-1)) for array in arrays))

    def viewed(self) -> "Ground":
        """Return it with memory views, which plain Python reads several times faster."""
        grid, *arrays = self
        return Ground(grid, *(array.data for array in arrays))


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a contiguous view, or copy, of an array that cannot be written through."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


@cache
def compiled() -> Walk:
    """Return `walk` as machine code, from the cache on disk when it was compiled before.

    Numba is imported here because it needs more time than all the rest of a start, and only
    batches need it.
    """
    numba = import_module("numba")
    register = import_module("numba.extending").register_jitable
    for function in _COMPILED_WITH_WALK:
        register(function)
    made: Walk = numba.njit(cache=True, nogil=True, error_model="numpy")(walk)
    return made


def compile_ahead() -> None:
    """Compile `walk` and keep it on disk, so that no first batch needs seconds."""
    nothing = read_only(np.empty(0, dtype=np.int32))
    ground = Ground(Grid(0.0, 0.0, 1.0, 0, 0.0, 0.0), nothing, nothing, nothing, nothing)
    nowhere = read_only(np.empty(0))
    compiled()(ground, nowhere, nowhere, np.empty(0, dtype=np.int32))


def walk(ground: Ground, lon: Array, lat: Array, slots: Slots) -> None:
    """Write the slot of each point into `slots`, `UNSURE` where floats cannot decide.

    Each step is taken for several points before the next one, so that the processor waits for
    many reads of memory at once; that is three times faster than point by point.
    """
    grid, coarse, blocks, lists, edges = ground
    for start in range(0, len(lon), AT_ONCE):
        stop = min(start + AT_ONCE, len(lon))
        for i in range(start, stop):
            cell = _cell(grid, lon[i], lat[i])
            slots[i] = coarse[cell] if cell >= 0 else 0
        for i in range(start, stop):
            if slots[i] < 0:
                slots[i] = blocks[_place(slots[i], *_whole(grid, lon[i], lat[i]))]
        for i in range(start, stop):
            if slots[i] < 0:
                slots[i] = _decided(grid, coarse, blocks, lists, edges, slots[i], lon[i], lat[i])


def slot_at(ground: Ground, lon: float, lat: float) -> int:
    """Slot of the owner of a point in finite degrees, `UNSURE` where floats cannot decide."""
    grid, coarse, blocks, lists, edges = ground
    cell = _cell(grid, lon, lat)
    value: int = coarse[cell] if cell >= 0 else 0
    if value < 0:
        value = blocks[_place(value, *_whole(grid, lon, lat))]
    if value < 0:
        return _decided(grid, coarse, blocks, lists, edges, value, lon, lat)
    return value


def slots_beside(ground: Ground, start: Corner, end: Corner) -> Sequence[int]:
    """Slots to the left and to the right of the edge between two corners, in either direction.

    There are none when these are not the ends of one edge.
    """
    grid, coarse, blocks, lists, edges = ground
    lon, lat = start
    cell = _cell(grid, lon, lat)
    value = coarse[cell] if cell >= 0 else 0
    if value < 0:
        value = blocks[_place(value, *_whole(grid, lon, lat))]
    if value >= 0:
        return ()
    head = ~value >> 1
    here = [head] if value & 1 else lists[head + 1 : head + 1 + lists[head]]
    forth = [round(degrees * 1e7) for degrees in (*start, *end)]
    back = forth[2:] + forth[:2]
    for edge in here:
        sides = edges[6 * edge : 6 * edge + 6].tolist()
        if sides[:4] == forth or sides[:4] == back:
            left_and_right: list[int] = sides[4:]
            return left_and_right
    return ()


def _whole(grid: Grid, lon: float, lat: float) -> tuple[int, int]:
    """Whole fine units of a point within the raster."""
    return int((lon - grid.west) * grid.scale), int((lat - grid.south) * grid.scale)


def _cell(grid: Grid, lon: float, lat: float) -> int:
    """First-level cell of a point, negative outside the raster."""
    x, y = (lon - grid.west) * grid.scale, (lat - grid.south) * grid.scale
    if not (0.0 <= x < grid.right and 0.0 <= y < grid.top):
        return -1
    return (int(y) >> FINE_BITS) * grid.columns + (int(x) >> FINE_BITS)


def _place(coarse: int, u: int, v: int) -> int:
    """Place of the second-level cell of a point, by the value of its first-level cell."""
    code = ~coarse
    k = code & ((1 << PLACE_BITS) - 1)
    shift = FINE_BITS - k
    inside = ((v & FINE - 1) >> shift << k) + ((u & FINE - 1) >> shift)
    return (code >> PLACE_BITS) * UNIT + inside


def _decided(
    grid: Grid, coarse: Any, blocks: Any, lists: Any, edges: Any, value: int, lon: float, lat: float
) -> int:
    """Slot of a point in a cell with edges: follow a ray north from cell to cell, if need be."""
    u, v = _whole(grid, lon, lat)
    while not value & 1:
        here = coarse[(v >> FINE_BITS) * grid.columns + (u >> FINE_BITS)]
        shift = FINE_BITS - (~here & ((1 << PLACE_BITS) - 1))
        v = (v >> shift) + 1 << shift
        top = max(v / grid.scale + grid.south, lat)
        slot = _below_first(lists, edges, ~value >> 1, lon, lat, top)
        if slot != _NO_EDGE:
            return slot
        lat = top
        value = coarse[(v >> FINE_BITS) * grid.columns + (u >> FINE_BITS)]
        if value < 0:
            value = blocks[_place(value, u, v)]
        if value >= 0:
            return value
    return _beside(edges, ~value >> 1, lon, lat)


def _side(edges: Any, at: int, lon: float, lat: float) -> float:
    """Positive to the left of the edge at this place, negative to its right, 0 if unsure."""
    left = (edges[at] / 1e7 - lon) * (edges[at + 3] / 1e7 - lat)
    right = (edges[at + 1] / 1e7 - lat) * (edges[at + 2] / 1e7 - lon)
    side: float = left - right
    return side if abs(side) > ERROR_BOUND * (abs(left) + abs(right)) + UNDERFLOW else 0.0


def _height(edges: Any, at: int, lon: float) -> float:
    """Latitude of a slanted or level edge at a longitude."""
    ax, ay = edges[at] / 1e7, edges[at + 1] / 1e7
    bx, by = edges[at + 2] / 1e7, edges[at + 3] / 1e7
    height: float = ay + (lon - ax) * ((by - ay) / (bx - ax))
    return height


def _beside(edges: Any, edge: int, lon: float, lat: float) -> int:
    side = _side(edges, 6 * edge, lon, lat)
    if side == 0.0:
        return UNSURE
    slot: int = edges[6 * edge + (4 if side > 0.0 else 5)]
    return slot


def _below_first(lists: Any, edges: Any, head: int, lon: float, lat: float, top: float) -> int:
    """Slot below the first edge above a point, up to the top of the cell."""
    slot, lowest = _NO_EDGE, top + 1.0
    for i in range(head + 1, head + 1 + lists[head]):
        at = 6 * lists[i]
        side = _side(edges, at, lon, lat)
        if side == 0.0:
            return UNSURE
        ax, bx = edges[at] / 1e7, edges[at + 2] / 1e7
        if not min(ax, bx) <= lon < max(ax, bx) or (side > 0.0) == (ax < bx):
            continue
        leaving = _side(edges, at, lon, top)
        height = _height(edges, at, lon)
        if leaving == 0.0 or abs(height - lowest) <= SAME_HEIGHT:
            return UNSURE
        if (leaving > 0.0) != (side > 0.0) and height < lowest:
            slot, lowest = edges[at + (5 if ax < bx else 4)], height
    return slot


_COMPILED_WITH_WALK = (_whole, _cell, _place, _decided, _beside, _below_first, _side, _height)
