"""Directed boundary segments on the lattice and what is left when opposite ones cancel.

Every ring is walked with its polygon on the left: shells counter-clockwise, holes clockwise. A
segment that two neighbours share is then met twice, in opposite directions, and cancels; what
remains is the boundary of the sum of all polygons. Two sets of valid polygons with the same net
segments cover every point (off the borders) equally often.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry, GeometryType
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.errors import InvalidShape
from gridgeo.geometry.lattice import require_lattice, to_lattice
from gridgeo.geometry.rings import rings_of

Shape = Polygon | MultiPolygon
Keys = NDArray[np.int64]

_BITS = 32
_OFFSET = 1 << 31
_MASK = (1 << _BITS) - 1
# Odd factors that spread keys over 64 bits; products wrap around, as hashes do.
_SPREAD = np.int64(-7046029254386353131)
_SPREAD_OWNER = np.int64(-4417276706812531889)
_STRIP_BITS = 8
_POLYGONAL = (GeometryType.POLYGON, GeometryType.MULTIPOLYGON)


class Segments(NamedTuple):
    """Directed segments: packed end points (see `pack`) and the position of the owner."""

    start: Keys
    end: Keys
    owner: Keys

    def reversed(self) -> "Segments":
        """Return the same segments walked the other way."""
        return Segments(self.end, self.start, self.owner)

    def where(self, mask: NDArray[np.bool_]) -> "Segments":
        """Return the segments chosen by a mask."""
        return self.at(np.flatnonzero(mask))

    def at(self, positions: Keys) -> "Segments":
        """Return the segments at these positions."""
        return Segments(*(column.take(positions) for column in self))


def pack(xy: NDArray[np.int32]) -> Keys:
    """One int64 for each lattice point (n, 2); the order of the keys is that of (x, y)."""
    keys = xy[:, 0].astype(np.int64)
    keys <<= _BITS
    keys += xy[:, 1].astype(np.int64) + _OFFSET
    return keys


def unpack(keys: Keys) -> NDArray[np.int64]:
    """Lattice points (n, 2) of packed keys."""
    return np.column_stack((keys >> _BITS, (keys & _MASK) - _OFFSET))


def shape_array(polygons: Sequence[Geometry]) -> NDArray[np.object_]:
    """Object array of polygons; `InvalidShape` for any other type and for empty ones."""
    shapes = np.empty(len(polygons), dtype=object)
    shapes[:] = polygons
    usable = np.isin(shapely.get_type_id(shapes), _POLYGONAL) & ~shapely.is_empty(shapes)
    if not usable.all():
        position = int(np.argmin(usable))
        raise InvalidShape(
            f"shape {position} is no polygon or empty", key="position", value=position
        )
    return shapes


def as_lines(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.object_]:
    """Line strings in lattice units from start to end points, (n, 2) each."""
    ends = np.stack((start, end), axis=1).astype(np.float64)
    return np.asarray(shapely.linestrings(ends), dtype=np.object_)


def directed_segments(shapes: NDArray[np.object_]) -> Segments:
    """All boundary segments of an array of polygons, each with its polygon on the left."""
    rings, ring_owner = rings_of(shapely.orient_polygons(shapes))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    keys = pack(to_lattice(xy))
    real = (ring[1:] == ring[:-1]) & (keys[1:] != keys[:-1])
    owner = ring_owner[ring[:-1][real]]
    return Segments(keys[:-1][real], keys[1:][real], owner)


def joined(*lists: Segments) -> Segments:
    """Several lists of segments as one."""
    start, end, owner = (np.concatenate(columns) for columns in zip(*lists, strict=True))
    return Segments(start, end, owner)


class Matched(NamedTuple):
    """Positions of segments that cancel one another, pairwise, and a mask of all the others."""

    first: Keys
    second: Keys
    rest: NDArray[np.bool_]


def matched(segments: Segments, within_owner: bool = False) -> Matched:
    """Pair the segments that are met exactly twice, in opposite directions.

    With `within_owner` both must have the same owner. Segments with the same middle stand together
    after sorting a hash of it, which is only an order: a pair is believed when its end points are
    equal, so whatever else has that hash costs time and never a result. No order of the pairs is
    promised.
    """
    if not len(segments.start):
        return Matched(segments.owner, segments.owner, np.ones(0, dtype=np.bool_))
    width = len(segments.start).bit_length()
    keys = _hashes(segments, within_owner)
    keys &= -1 << width
    keys |= np.arange(len(keys))  # the position in the low bits
    keys.sort()
    same = np.zeros(len(keys) + 1, dtype=np.bool_)
    same[1:-1] = (keys[1:] ^ keys[:-1]) < 1 << width
    lead = np.flatnonzero(same[1:-1] & ~same[:-2] & ~same[2:])
    keys &= (1 << width) - 1
    first, second = keys[lead], keys[lead + 1]
    twins = segments.start[first] == segments.end[second]
    twins &= segments.end[first] == segments.start[second]
    if within_owner:
        twins &= segments.owner[first] == segments.owner[second]
    if not twins.all():
        first, second = first[twins], second[twins]
    rest = np.ones(len(keys), dtype=np.bool_)
    rest[first] = rest[second] = False
    return Matched(first, second, rest)


def _hashes(segments: Segments, within_owner: bool) -> Keys:
    """Numbers from 0 that are equal for segments with the same middle, and owner if wanted.

    The high bits tell the strip of the map, or the owner's neighbourhood, so that what is sorted by
    them lies near in memory: pairs are then looked up 1.5 times as fast.
    """
    keys = segments.start + segments.end
    place = segments.owner if within_owner else keys
    low, high = int(place.min()), int(place.max())
    strip = (place - low) >> max((high - low).bit_length() - _STRIP_BITS, 0)
    keys *= _SPREAD
    if within_owner:
        keys += segments.owner * _SPREAD_OWNER
    keys >>= _STRIP_BITS + 1
    keys &= (1 << (63 - _STRIP_BITS)) - 1
    keys |= (strip & ((1 << _STRIP_BITS) - 1)) << (63 - _STRIP_BITS)
    return keys


def meets_a_corner_twice(segments: Segments) -> Keys:
    """Owners of which two segments may begin at the same corner; of all others none do."""
    keys = segments.start * _SPREAD + segments.owner * _SPREAD_OWNER
    ordered = np.sort(keys)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    return np.unique(segments.owner[np.isin(keys, twice)]) if len(twice) else twice


def unmatched(segments: Segments) -> Segments:
    """Segments between end points where the two directions are not met equally often.

    All segments between two such end points are returned, of both directions, sorted by end points.
    """
    return unbalanced(segments.where(matched(segments).rest))


def unbalanced(segments: Segments, within_owner: bool = False) -> Segments:
    """`unmatched` by plain sorting, for few segments; each owner by itself if `within_owner`."""
    ordered, sign, first = _grouped(segments, within_owner)
    if not len(first):
        return ordered
    balance = np.add.reduceat(sign, first)
    size = np.diff(np.append(first, len(sign)))
    return ordered.where(np.repeat(balance != 0, size))


def net(segments: Segments) -> tuple[Keys, Keys]:
    """Start and end of the segments left over when opposite ones cancel, sorted; no owner."""
    ordered, sign, first = _grouped(segments.where(matched(segments).rest), False)
    if not len(first):
        return ordered.start, ordered.end
    balance = np.add.reduceat(sign, first)
    low = np.minimum(ordered.start, ordered.end)[first]
    high = np.maximum(ordered.start, ordered.end)[first]
    start, end = np.where(balance > 0, low, high), np.where(balance > 0, high, low)
    times = np.abs(balance)
    return np.repeat(start, times), np.repeat(end, times)


def _grouped(segments: Segments, within_owner: bool) -> tuple[Segments, Keys, Keys]:
    """Segments sorted by end points, +1 or -1 for the direction, first row of each group."""
    low, high = np.minimum(segments.start, segments.end), np.maximum(segments.start, segments.end)
    keys = (high, low, segments.owner) if within_owner else (high, low)
    order = np.lexsort(keys)
    ordered = segments.at(order)
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = False
    for key in keys:
        fresh[1:] |= key[order][1:] != key[order][:-1]
    sign = np.where(ordered.start < ordered.end, 1, -1).astype(np.int64)
    return ordered, sign, np.flatnonzero(fresh)


def net_segments(polygons: Sequence[Shape]) -> NDArray[np.int64]:
    """Boundary of the sum of polygons: directed segments ax, ay, bx, by on the lattice.

    Parameters
    ----------
    polygons
        In degrees, on the lattice.

    Returns
    -------
    int64 array (k, 4), polygon on the left, sorted by undirected end points; a segment that is left
    over twice stands twice.

    Raises
    ------
    OffLattice
        When a vertex is off the lattice.
    InvalidShape
        When something is no polygon.
    """
    shapes = shape_array(polygons)
    require_lattice(shapes)
    start, end = net(directed_segments(shapes))
    return np.hstack((unpack(start), unpack(end)))
