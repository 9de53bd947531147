"""Polygons with their attributes as a layer of a vector tile, by compiled loops.

Rings are simple, outer ones have a positive area, holes follow the outer ring they lie in; a ring
with no area is never written.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.compiled import compiled
from gridgeo.geometry.generalise.frame import EXTENT
from gridgeo.tiles.drawn.clip import HELPERS as CLIP_HELPERS
from gridgeo.tiles.drawn.clip import cut_once, cut_unit
from gridgeo.tiles.drawn.sheet import BUFFER, Sheet
from gridgeo.tiles.drawn.values import UNIT_KEYS, Keys, Values
from gridgeo.tiles.drawn.wire import (
    HELPERS,
    layer_of,
    put_delta,
    put_feature,
    put_tags,
    put_varint,
    values_of,
    with_room,
    zeros,
)

_ROOM = 4096
_POLYGON = 3


def polygon_layer(
    name: str, sheets: tuple[Sheet, Sheet], order: NDArray[np.int64], values: Values,
    tile: tuple[int, int], keys: Keys = UNIT_KEYS,
) -> bytes:  # fmt: skip
    """Return a tile with one layer; empty when no unit comes in.

    Parameters
    ----------
    name
        Name of the layer.
    sheets
        Two sheets of one zoom.
    order
        Units to write, (k,), in the order of their ids: a row of the first sheet, or the
        complement (~row) of a row of the second.
    values
        The attributes of all units.
    tile
        Column and row of the tile.
    keys
        What the columns of the attributes' tags are called.
    """
    if not len(order):
        return b""
    encode = compiled(encode_units, *_HELPERS)
    features, size, used, tokens = encode(
        order, *sheets[0], *sheets[1], values.tags, values.ends, values.blob,
        zeros(values.distinct), tile[0] * EXTENT, tile[1] * EXTENT, BUFFER,
    )  # fmt: skip
    if size == 0:
        return b""
    return layer_of(name, features.data[:size], keys[tokens], used.data)


def encode_units(
    order: Any,
    ids: Any, subjects: Any, token: Any, boxes: Any, xy: Any, ends: Any, units: Any,
    ids2: Any, subjects2: Any, token2: Any, boxes2: Any, xy2: Any, ends2: Any, units2: Any,
    tags: Any, value_ends: Any, blob: Any, local: Any, x0: int, y0: int, buffer: int,
) -> tuple[Any, int, Any, bool]:  # fmt: skip
    """Return the features and their size, the bytes of the values, and whether one is a token."""
    out, size = np.empty(64 * len(order) + _ROOM, dtype=np.uint8), 0
    used, values = np.empty(len(order) * tags.shape[1] + 1, dtype=np.int32), 0
    part = np.empty(_ROOM, dtype=np.uint8)
    written = np.empty(_ROOM, dtype=np.uint8)
    any_token = False
    for k in range(len(order)):
        row = order[k]
        if row >= 0:
            part, length = _geometry(boxes, xy, ends, units, row, x0, y0, buffer, part)
            number, subject, is_token = ids[row], subjects[row], token[row]
        else:
            part, length = _geometry(boxes2, xy2, ends2, units2, ~row, x0, y0, buffer, part)
            number, subject, is_token = ids2[~row], subjects2[~row], token2[~row]
        if length == 0:
            continue
        any_token = any_token or is_token
        keys = tags.shape[1] if is_token else tags.shape[1] - 1
        tag_size, values = put_tags(written, tags, subject, keys, local, used, values)
        out = with_room(out, size, length + tag_size + 40)
        size = put_feature(out, size, _POLYGON, number, written, tag_size, part, length)
    return out, size, values_of(used, values, value_ends, blob, local), any_token


def _geometry(
    boxes: Any, xy: Any, ends: Any, units: Any, row: int, x0: int, y0: int, buffer: int, part: Any
) -> tuple[Any, int]:
    """Write the commands of one unit, cut where it must be; return their size."""
    west, north, east, south = boxes[row, 0], boxes[row, 1], boxes[row, 2], boxes[row, 3]
    low, high = -buffer, 4096 + buffer
    if west - x0 >= high or east - x0 <= low or north - y0 >= high or south - y0 <= low:
        return part, 0
    first, last = units[row], units[row + 1]
    begin, final = ends[first], ends[last]
    part = with_room(part, 0, 10 * (final - begin) + 20 * (last - first) + 128)
    if west - x0 > low and east - x0 < high and north - y0 > low and south - y0 < high:
        return part, _whole_rings(xy, ends, first, last, x0, y0, part)
    inner = np.empty((final - begin, 2), dtype=np.int64)
    for k in range(begin, final):
        inner[k - begin, 0], inner[k - begin, 1] = xy[k, 0] - x0, xy[k, 1] - y0
    if last - first == 1:
        keys = np.empty(2 * (final - begin + 8), dtype=np.int64)
        count = cut_once(inner, low, high, keys)
        if count > 0:
            return part, _ring(keys, 0, count, low, part, 0, 0, 0)
    keys, cut_ends = cut_unit(inner, ends[first : last + 1] - begin, 0, last - first, low, high)
    part = with_room(part, 0, 10 * len(keys) + 20 * len(cut_ends) + 64)
    return part, _cut_rings(keys, cut_ends, low, part)


def _whole_rings(xy: Any, ends: Any, first: int, last: int, x0: int, y0: int, part: Any) -> int:
    size, x, y = 0, x0, y0
    for ring in range(first, last):
        begin, final = ends[ring], ends[ring + 1]
        part[size] = 9
        size = put_delta(part, size + 1, xy[begin, 0] - x, xy[begin, 1] - y)
        size = put_varint(part, size, 2 | (final - begin - 1) << 3)
        for k in range(begin + 1, final):
            size = put_delta(part, size, xy[k, 0] - xy[k - 1, 0], xy[k, 1] - xy[k - 1, 1])
        x, y = xy[final - 1, 0], xy[final - 1, 1]
        part[size] = 15
        size += 1
    return size


def _cut_rings(keys: Any, ends: Any, low: int, part: Any) -> int:
    size, x, y = 0, 0, 0
    for ring in range(len(ends) - 1):
        size = _ring(keys, ends[ring], ends[ring + 1], low, part, size, x, y)
        x, y = (keys[ends[ring + 1] - 1] >> 32) + low, (keys[ends[ring + 1] - 1] & 0xFFFFFFFF) + low
    return size


def _ring(keys: Any, begin: int, final: int, low: int, part: Any, size: int, x: int, y: int) -> int:
    """Append a ring, stepping from x, y."""
    part[size] = 9
    size += 1
    for k in range(begin, final):
        px, py = (keys[k] >> 32) + low, (keys[k] & 0xFFFFFFFF) + low
        size = put_delta(part, size, px - x, py - y)
        x, y = px, py
        if k == begin:
            size = put_varint(part, size, 2 | (final - begin - 1) << 3)
    part[size] = 15
    return size + 1


_HELPERS = (
    *HELPERS, *CLIP_HELPERS, _geometry, _whole_rings, _cut_rings, _ring,
)  # fmt: skip
