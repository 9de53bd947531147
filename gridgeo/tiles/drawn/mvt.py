"""Polygons with their attributes as a layer of a vector tile, by compiled loops.

Rings are simple, outer ones have a positive area, holes follow the outer ring they lie in; a ring
with no area is never written.
"""

from typing import Any

import numpy as np

from gridgeo.geometry.compiled import compiled
from gridgeo.geometry.generalise.frame import EXTENT
from gridgeo.tiles.drawn.clip import HELPERS as CLIP_HELPERS
from gridgeo.tiles.drawn.clip import cut_once, cut_unit
from gridgeo.tiles.drawn.pane import Pane
from gridgeo.tiles.drawn.sheet import BUFFER
from gridgeo.tiles.drawn.values import UNIT_KEYS, Keys, Values
from gridgeo.tiles.drawn.wire import (
    FEATURE_BYTES,
    FULL,
    HELPERS,
    OTHERS,
    Desk,
    begin_layer,
    encoded_layer,
    end_feature,
    end_layer,
    put_delta,
    put_head,
    put_kind,
    put_tags,
    put_varint,
    take_back,
)

_POLYGON = 3
_USUAL_BYTES = 96
"""Of a feature, more than most take."""

_CORNER_BYTES, _RING_BYTES = 10, 20
"""More than a corner, and a ring beside its corners, may take."""

_NEXT, _TOKENS = OTHERS, OTHERS + 1
"""Of `Desk.counts`: the unit that is written next, how many of them are tokens."""

_U = np.uint64


def polygon_layer(
    name: str, pane: Pane, values: Values, tile: tuple[int, int], keys: Keys = UNIT_KEYS
) -> bytes:
    """Return a tile with one layer; empty when no unit comes in.

    Parameters
    ----------
    name
        Name of the layer.
    pane
        The units.
    values
        The attributes of all units.
    tile
        Column and row of the tile.
    keys
        What the columns of the attributes' tags are called.
    """
    sheet, rows = pane.at(*tile)
    if not len(rows):
        return b""
    encode = compiled(encode_units, *_HELPERS, bare=_BARE)
    x0, y0 = tile[0] * EXTENT, tile[1] * EXTENT

    def write(desk: Desk) -> tuple[int, bool]:
        return encode(
            rows, *sheet, values.tags, values.firsts, values.ends, values.blob, *desk,
            x0, y0, -BUFFER, EXTENT + BUFFER,
        )  # fmt: skip

    room = _USUAL_BYTES * len(rows)
    return encoded_layer(name, lambda tokens: keys[tokens], values.distinct, room, write)


def encode_units(
    rows: Any,
    ids: Any, subjects: Any, token: Any, boxes: Any, xy: Any, ends: Any, units: Any,
    tags: Any, firsts: Any, value_ends: Any, blob: Any,
    out: Any, held: Any, shared: Any, own: Any, counts: Any, corners: Any, places: Any,
    numbers: Any, x0: int, y0: int, low: int, high: int,
) -> tuple[int, bool]:  # fmt: skip
    """Write features and values on a desk; return the features' size and whether one is a token."""
    begin_layer(counts)
    counts[_NEXT] = counts[_TOKENS] = 0
    size = put_units(
        rows, ids, subjects, token, boxes, xy, ends, units, tags, firsts, value_ends, blob,
        out, held, shared, own, counts, corners, places, numbers, x0, y0, low, high, 0,
    )  # fmt: skip
    while size != FULL and counts[_NEXT] < len(rows):
        row, geometry = rows[counts[_NEXT]], size
        size = _put_parts(xy, ends, units[row], units[row + 1], x0, y0, low, high, out, geometry)
        if size == FULL:
            break
        size = _ended(out, counts, shared, numbers, geometry, size, token[row])
        counts[_NEXT] += 1
        size = put_units(
            rows, ids, subjects, token, boxes, xy, ends, units, tags, firsts, value_ends, blob,
            out, held, shared, own, counts, corners, places, numbers, x0, y0, low, high, size,
        )  # fmt: skip
    end_layer(counts, shared, numbers)
    return size, counts[_TOKENS] > 0


def put_units(
    rows: Any,
    ids: Any, subjects: Any, token: Any, boxes: Any, xy: Any, ends: Any, units: Any,
    tags: Any, firsts: Any, value_ends: Any, blob: Any,
    out: Any, held: Any, shared: Any, own: Any, counts: Any, corners: Any, places: Any,
    numbers: Any, x0: int, y0: int, low: int, high: int, size: int,
) -> int:  # fmt: skip
    """Append units from `_NEXT` on, up to one that may fall into parts: its geometry lacks then."""
    for k in range(counts[_NEXT], len(rows)):
        row = rows[k]
        west, north = boxes[_U(row), 0] - x0, boxes[_U(row), 1] - y0
        east, south = boxes[_U(row), 2] - x0, boxes[_U(row), 3] - y0
        if west >= high or east <= low or north >= high or south <= low:
            continue
        first, last = units[_U(row)], units[_U(row + 1)]
        room = _CORNER_BYTES * (ends[_U(last)] - ends[_U(first)]) + _RING_BYTES * (last - first)
        if size + room + FEATURE_BYTES > len(out):
            return FULL
        columns = tags.shape[1] if token[_U(row)] else tags.shape[1] - 1
        size = put_tags(
            out, put_head(out, size, ids[_U(row)], counts), tags, firsts,
            subjects[_U(row)], columns, value_ends, blob, held, shared, own, counts, numbers,
        )  # fmt: skip
        if size == FULL:
            return FULL
        geometry = put_kind(out, size, _POLYGON)
        if west > low and east < high and north > low and south < high:
            size = _put_whole(xy, ends, first, last, x0, y0, out, geometry)
        else:
            size = _put_cut(
                xy, ends, first, last, x0, y0, low, high, corners, places, out, geometry
            )
            if size == geometry:
                counts[_NEXT] = k
                return size
        size = _ended(out, counts, shared, numbers, geometry, size, token[_U(row)])
    counts[_NEXT] = len(rows)
    return size


def _ended(
    out: Any, counts: Any, shared: Any, numbers: Any, geometry: int, size: int, is_token: bool
) -> int:
    """End a feature; one without a geometry is taken back."""
    if size == geometry:
        return take_back(counts, shared, numbers)
    if is_token:
        counts[_TOKENS] += 1
    return end_feature(out, counts, geometry, size)


def _put_whole(
    xy: Any, ends: Any, first: int, last: int, x: int, y: int, out: Any, size: int
) -> int:
    """Append the rings of a unit, stepping from x, y."""
    for ring in range(first, last):
        begin, final = ends[_U(ring)], ends[_U(ring + 1)]
        out[_U(size)] = 9
        size += 1
        for k in range(begin, final):
            px, py = xy[_U(k), 0], xy[_U(k), 1]
            size = put_delta(out, size, px - x, py - y)
            x, y = px, py
            if k == begin:
                size = put_varint(out, size, 2 | (final - begin - 1) << 3)
        out[_U(size)] = 15
        size += 1
    return size


def _put_cut(
    xy: Any, ends: Any, first: int, last: int, x0: int, y0: int, low: int, high: int,
    corners: Any, places: Any, out: Any, size: int,
) -> int:  # fmt: skip
    """Append what is left of a unit that goes out of the tile once; nothing of any other."""
    begin, count = ends[first], ends[last] - ends[first]
    if last - first > 1 or count > len(corners):
        return size
    for k in range(count):
        corners[_U(k), 0], corners[_U(k), 1] = xy[begin + k, 0] - x0, xy[begin + k, 1] - y0
    made = cut_once(corners[:count], low, high, places)
    return size if made == 0 else _put_places(places, 0, made, low, out, size, 0, 0)


def _put_parts(
    xy: Any, ends: Any, first: int, last: int, x0: int, y0: int, low: int, high: int,
    out: Any, size: int,
) -> int:  # fmt: skip
    """Append what is left of a unit that may fall into parts."""
    begin = ends[first]
    inner = np.empty((ends[last] - begin, 2), dtype=np.int64)
    for k in range(len(inner)):
        inner[k, 0], inner[k, 1] = xy[begin + k, 0] - x0, xy[begin + k, 1] - y0
    made, made_ends = cut_unit(inner, ends[first : last + 1] - begin, 0, last - first, low, high)
    if size + _CORNER_BYTES * len(made) + _RING_BYTES * len(made_ends) > len(out):
        return FULL
    x, y = 0, 0
    for ring in range(len(made_ends) - 1):
        size = _put_places(made, made_ends[ring], made_ends[ring + 1], low, out, size, x, y)
        final = made[made_ends[ring + 1] - 1]
        x, y = (final >> 32) + low, (final & 0xFFFFFFFF) + low
    return size


def _put_places(
    places: Any, begin: int, final: int, low: int, out: Any, size: int, x: int, y: int
) -> int:
    """Append a ring of places as `cut_unit` writes them, stepping from x, y."""
    out[_U(size)] = 9
    size += 1
    for k in range(begin, final):
        px, py = (places[_U(k)] >> 32) + low, (places[_U(k)] & 0xFFFFFFFF) + low
        size = put_delta(out, size, px - x, py - y)
        x, y = px, py
        if k == begin:
            size = put_varint(out, size, 2 | (final - begin - 1) << 3)
    out[_U(size)] = 15
    return size + 1


_HELPERS = (
    *HELPERS, *CLIP_HELPERS, put_units, _ended, _put_whole, _put_cut, _put_parts, _put_places,
)  # fmt: skip
_BARE = (put_units,)
