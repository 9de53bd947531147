"""How many of many points lie in which H3 cell.

H3 takes a point by gnomonic projection onto the nearest face of an icosahedron, and there the
nearest centre of a lattice of hexagons (https://h3geo.org/docs/core-library/geoToH3desc). So all
points with one face and one centre have one cell: arrays bring them together, and H3 itself is
asked once for all of them. A point about as near to two faces or two centres is asked for alone.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import combinations, repeat
from typing import NamedTuple

import h3
import numpy as np
from h3.api import basic_int
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

AT_ONCE = 1 << 15
"""So many points are reckoned with at once: their columns stay in the cache of a core."""

DOUBT = 1e-6
"""What lies as near to the border of a hexagon of width 1, or, in cosines, between two faces, is
asked for alone. The error of a place is some 1e-9 of a hexagon at resolution 12, 1e-7 at 15."""

DOUBTFUL = -1
"""In place of the number of a hexagon."""

TURN = float(np.arcsin(np.sqrt(3 / 28)))
"""By so much the lattice of an odd resolution is turned to the left against that of an even one."""

FACE_RADIUS = 0.6524
"""No place is further from the middle of its face, in radians: a corner is 37.378 degrees away."""

_BITS = 26
_MIDDLE = 1 << _BITS - 1  # more than there are columns or rows on either side of a face's middle


class Face(NamedTuple):
    """A face of the icosahedron of H3.

    Attributes
    ----------
    middle : float64 (3,)
        Its middle on the unit sphere.
    axes : float64 (2, 3)
        Axes of its plane: the first leads half the way to a corner, which is the width of a hexagon
        of resolution 0; the second is as long, to the left.
    """

    middle: Floats
    axes: Floats


@cache
def faces() -> tuple[Face, ...]:
    """Return the twenty faces; their corners are the middles of the twelve pentagons."""
    lat, lon = np.array([h3.cell_to_latlng(cell) for cell in sorted(h3.get_pentagons(0))]).T
    return tuple(
        _face(np.array(three))
        for three in combinations(_on_sphere(lon, lat).T, 3)
        if all(one @ other > 0.4 for one, other in combinations(three, 2))  # neighbours: 0.447
    )


def _face(corners: Floats) -> Face:
    middle = corners.sum(axis=0)
    middle /= np.linalg.norm(middle)
    axis = (corners[0] / (corners[0] @ middle) - middle) / 2
    return Face(middle, np.array([axis, np.cross(middle, axis)]))


def _on_sphere(lon: Floats, lat: Floats) -> Floats:
    """Return unit vectors (3, n) of places in degrees."""
    x, y = np.radians(lon), np.radians(lat)
    return np.array([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])


def count_in_cells(lon: Floats, lat: Floats, resolution: int) -> Counter[int]:
    """Count points (n,) in degrees by cell, exactly as H3 says of each of them."""
    parts = [slice(start, start + AT_ONCE) for start in range(0, len(lon), AT_ONCE)]
    found = [np.empty(0, np.int64), *(_hexagons(lon[p], lat[p], resolution) for p in parts)]
    hexagons = np.concatenate(found)
    numbers, counts = np.unique(hexagons, return_counts=True)
    (x, y), is_sure = _middles(numbers, resolution)
    cells = Counter[int]()
    asked = _asked(x[is_sure], y[is_sure], resolution)
    for cell, count in zip(asked, counts[is_sure].tolist(), strict=True):
        cells[cell] += count
    alone = np.isin(hexagons, numbers[~is_sure])
    cells.update(_asked(lon[alone], lat[alone], resolution))
    return cells


def _asked(lon: Floats, lat: Floats, resolution: int) -> Iterator[int]:
    return map(basic_int.latlng_to_cell, lat.tolist(), lon.tolist(), repeat(resolution))


def _hexagons(lon: Floats, lat: Floats, resolution: int) -> Numbers:
    """Return the numbers (n,) of the hexagons in which points lie; some are `DOUBTFUL`."""
    places = _on_sphere(lon, lat)
    near = _faces_near(places)
    nearness = np.array([faces()[number].middle for number in near]) @ places
    nearest = nearness.argmax(axis=0)
    found = np.empty(len(lon), dtype=np.int64)
    for row, number in enumerate(near):
        here = nearest == row
        if here.any():
            on_face = _on_face(faces()[number], places[:, here], resolution)
            found[here] = number << 2 * _BITS | on_face  # all bits of what is doubtful are set
    found[(nearness > nearness.max(axis=0) - DOUBT).sum(axis=0) > 1] = DOUBTFUL
    return found


def _faces_near(places: Floats) -> list[int]:
    """Return the faces that may be the nearest, or nearly, to one of some places."""
    middles = np.array([face.middle for face in faces()])
    center = places.mean(axis=1)
    center /= max(np.linalg.norm(center), 1e-9)
    spread = np.arccos(np.clip((center @ places).min(), -1, 1))
    apart = np.arccos(np.clip(middles @ center, -1, 1))
    found: list[int] = np.flatnonzero(apart <= FACE_RADIUS + spread).tolist()
    return found


def _on_face(face: Face, places: Floats, resolution: int) -> Numbers:
    """Return a number for the hexagon of each place (3, n) on a face, or `DOUBTFUL`."""
    flat = face.axes @ places / (face.middle @ places) / (face.axes[0] @ face.axes[0])
    x, y = _turned(flat * np.sqrt(7.0) ** resolution, -TURN * (resolution % 2))
    row = y * 2 / np.sqrt(3)
    column = x - row / 2
    columns, rows = _rounded(column, row)
    a, b = column - columns, row - rows
    off = np.maximum(np.maximum(abs(a + b / 2), abs(a / 2 + b)), abs(b - a) / 2)
    numbers = (columns + _MIDDLE << _BITS) + rows + _MIDDLE
    return np.where(off < 0.5 - DOUBT, numbers, DOUBTFUL)


def _turned(flat: Floats, angle: float) -> Floats:
    """Turn places (2, n) to the left."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]]) @ flat


def _rounded(column: Floats, row: Floats) -> tuple[Numbers, Numbers]:
    """Return the nearest place of a lattice whose axes are 60 degrees apart.

    Of three numbers whose sum is 0 the one that is rounded worst follows from the others:
    https://www.redblobgames.com/grids/hexagons/#rounding
    """
    three = np.array([column, row, -column - row])
    whole = np.rint(three)
    wrong, total = abs(whole - three), whole.sum(axis=0)
    worst = wrong.argmax(axis=0)
    whole[0] -= np.where(worst == 0, total, 0)
    whole[1] -= np.where(worst == 1, total, 0)
    return whole[0].astype(np.int64), whole[1].astype(np.int64)


def _middles(numbers: Numbers, resolution: int) -> tuple[Floats, Flags]:
    """Return lon, lat (2, n) of the middles of hexagons, and which surely lie on their own face."""
    mask = (1 << _BITS) - 1
    face = numbers >> 2 * _BITS
    column, row = (numbers >> _BITS & mask) - _MIDDLE, (numbers & mask) - _MIDDLE
    flat = np.array([column + row / 2, row * np.sqrt(3) / 2]) / np.sqrt(7.0) ** resolution
    across, up = _turned(flat, TURN * (resolution % 2))
    middles, axes = (np.array([getattr(one, name) for one in faces()]) for name in Face._fields)
    x, y, z = (middles[face] + across[:, None] * axes[face, 0] + up[:, None] * axes[face, 1]).T
    length = np.sqrt(x * x + y * y + z * z)
    nearness = middles @ (np.array([x, y, z]) / length)
    own = np.take_along_axis(nearness, np.maximum(face, 0)[None], axis=0)[0]
    is_sure = (face >= 0) & ((nearness > own - DOUBT).sum(axis=0) == 1)
    return np.degrees([np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))]), is_sure
