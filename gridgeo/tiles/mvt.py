"""Mapbox Vector Tile 2.1: polygons with their attributes as bytes, by compiled loops.

A layer's keys stand in a fixed order; its values in the order in which the features, by id, first
use them, each once. So the same units give the same bytes. Rings are simple, outer ones have a
positive area, holes follow the outer ring they lie in; a ring with no area is never written.
"""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.compiled import compiled
from gridgeo.geometry.generalise.frame import EXTENT
from gridgeo.tiles.clip import HELPERS as CLIP_HELPERS
from gridgeo.tiles.clip import cut_unit
from gridgeo.tiles.sheet import BUFFER, Sheet
from gridgeo.tiles.values import KEYS_WITH_TOKEN, KEYS_WITHOUT_TOKEN, Values, varint

_ROOM = 4096


def polygon_layer(
    name: str, sheets: tuple[Sheet, Sheet], order: NDArray[np.int64], values: Values,
    tile: tuple[int, int],
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
    """
    if not len(order):
        return b""
    encode = compiled(encode_units, *_HELPERS)
    one, other = sheets
    features, size, used, count, tokens = encode(
        order, one.xy, one.ends, one.units, one.ids, one.subjects, one.token,
        other.xy, other.ends, other.units, other.ids, other.subjects, other.token,
        values.tags, values.ends, values.blob, _numbers(values.distinct),
        tile[0] * EXTENT, tile[1] * EXTENT, BUFFER,
    )  # fmt: skip
    if size == 0:
        return b""
    keys = KEYS_WITH_TOKEN if tokens else KEYS_WITHOUT_TOKEN
    body = b"".join((b"\x0a", _counted(name.encode()), features[:size], keys, used[:count], _TAIL))
    return b"\x1a" + _counted(body)


class _Scratch(threading.local):
    """One array for each thread, all zeros between calls."""

    numbers: NDArray[np.int32] = np.zeros(0, dtype=np.int32)


_SCRATCH = _Scratch()


def _numbers(count: int) -> NDArray[np.int32]:
    if len(_SCRATCH.numbers) < count:
        _SCRATCH.numbers = np.zeros(count, dtype=np.int32)
    return _SCRATCH.numbers


def _counted(data: bytes) -> bytes:
    return varint(len(data)) + data


_TAIL = b"\x28" + varint(EXTENT) + b"\x78\x02"  # extent, version


def encode_units(
    order: Any,
    xy: Any, ends: Any, units: Any, ids: Any, subjects: Any, token: Any,
    xy2: Any, ends2: Any, units2: Any, ids2: Any, subjects2: Any, token2: Any,
    tags: Any, value_ends: Any, blob: Any, local: Any, x0: int, y0: int, buffer: int,
) -> tuple[Any, int, Any, int, bool]:  # fmt: skip
    """Return the features and their size, the values and theirs, and whether one is a token."""
    out, size = np.empty(64 * len(order) + _ROOM, dtype=np.uint8), 0
    used, values = np.empty(len(order) * tags.shape[1] + 1, dtype=np.int32), 0
    part = np.empty(_ROOM, dtype=np.uint8)
    written = np.empty(_ROOM, dtype=np.uint8)
    any_token = False
    for k in range(len(order)):
        row = order[k]
        if row >= 0:
            part, length = _geometry(xy, ends, units, row, x0, y0, buffer, part)
            number, subject, is_token = ids[row], subjects[row], token[row]
        else:
            part, length = _geometry(xy2, ends2, units2, ~row, x0, y0, buffer, part)
            number, subject, is_token = ids2[~row], subjects2[~row], token2[~row]
        if length == 0:
            continue
        any_token = any_token or is_token
        tag_size, values = _tags(tags, subject, is_token, local, used, values, written)
        out = _with_room(out, size, length + tag_size + 40)
        size = _feature(out, size, number, written, tag_size, part, length)
    held, count = _values(used, values, value_ends, blob)
    for k in range(values):
        local[used[k]] = 0
    return out, size, held, count, any_token


def _with_room(out: Any, size: int, more: int) -> Any:
    if size + more <= len(out):
        return out
    grown = np.empty(2 * (size + more), dtype=np.uint8)
    grown[:size] = out[:size]
    return grown


def _feature(
    out: Any, size: int, number: int, tags: Any, tag_size: int, part: Any, length: int
) -> int:
    """Append one feature."""
    inner = (
        1 + _length(number) + 1 + _length(tag_size) + tag_size + 2 + 1 + _length(length) + length
    )
    out[size] = 0x12
    size = _varint(out, size + 1, inner)
    out[size] = 0x08
    size = _varint(out, size + 1, number)
    out[size] = 0x12
    size = _varint(out, size + 1, tag_size)
    out[size : size + tag_size] = tags[:tag_size]
    size += tag_size
    out[size], out[size + 1], out[size + 2] = 0x18, 3, 0x22
    size = _varint(out, size + 3, length)
    out[size : size + length] = part[:length]
    return size + length


def _tags(
    tags: Any, subject: int, is_token: bool, local: Any, used: Any, values: int, written: Any
) -> tuple[int, int]:
    """Write pairs of key and value; values get their number when they are first used."""
    size = 0
    last = tags.shape[1] - 1
    for key in range(last + 1):
        value = tags[subject, key]
        if value < 0 or (key == last and not is_token):
            continue
        if local[value] == 0:
            used[values] = value
            values += 1
            local[value] = values
        size = _varint(written, size, key)
        size = _varint(written, size, local[value] - 1)
    return size, values


def _values(used: Any, values: int, value_ends: Any, blob: Any) -> tuple[Any, int]:
    """Return the bytes of the values used, and their size."""
    size = 0
    for k in range(values):
        size += value_ends[used[k] + 1] - value_ends[used[k]]
    held = np.empty(size, dtype=np.uint8)
    place = 0
    for k in range(values):
        begin, last = value_ends[used[k]], value_ends[used[k] + 1]
        held[place : place + last - begin] = blob[begin:last]
        place += last - begin
    return held, size


def _geometry(
    xy: Any, ends: Any, units: Any, row: int, x0: int, y0: int, buffer: int, part: Any
) -> tuple[Any, int]:
    """Write the commands of one unit, cut where it must be; return their size."""
    first, last = units[row], units[row + 1]
    begin, final = ends[first], ends[last]
    west = east = xy[begin, 0]
    north = south = xy[begin, 1]
    for k in range(begin + 1, final):
        west, east = min(west, xy[k, 0]), max(east, xy[k, 0])
        north, south = min(north, xy[k, 1]), max(south, xy[k, 1])
    low, high = -buffer, 4096 + buffer
    if west - x0 >= high or east - x0 <= low or north - y0 >= high or south - y0 <= low:
        return part, 0
    part = _with_room(part, 0, 10 * (final - begin) + 20 * (last - first) + 64)
    if west - x0 > low and east - x0 < high and north - y0 > low and south - y0 < high:
        return part, _whole_rings(xy, ends, first, last, x0, y0, part)
    inner = np.empty((final - begin, 2), dtype=np.int64)
    for k in range(begin, final):
        inner[k - begin, 0], inner[k - begin, 1] = xy[k, 0] - x0, xy[k, 1] - y0
    keys, cut_ends = cut_unit(inner, ends[first : last + 1] - begin, 0, last - first, low, high)
    part = _with_room(part, 0, 10 * len(keys) + 20 * len(cut_ends) + 64)
    return part, _cut_rings(keys, cut_ends, low, part)


def _whole_rings(xy: Any, ends: Any, first: int, last: int, x0: int, y0: int, part: Any) -> int:
    size, x, y = 0, x0, y0
    for ring in range(first, last):
        begin, final = ends[ring], ends[ring + 1]
        size = _varint(part, size, 9)
        for k in range(begin, final):
            size = _delta(part, size, xy[k, 0] - x, xy[k, 1] - y)
            x, y = xy[k, 0], xy[k, 1]
            if k == begin:
                size = _varint(part, size, 2 | (final - begin - 1) << 3)
        size = _varint(part, size, 15)
    return size


def _cut_rings(keys: Any, ends: Any, low: int, part: Any) -> int:
    size, x, y = 0, 0, 0
    for ring in range(len(ends) - 1):
        begin, final = ends[ring], ends[ring + 1]
        size = _varint(part, size, 9)
        for k in range(begin, final):
            px, py = (keys[k] >> 32) + low, (keys[k] & 0xFFFFFFFF) + low
            size = _delta(part, size, px - x, py - y)
            x, y = px, py
            if k == begin:
                size = _varint(part, size, 2 | (final - begin - 1) << 3)
        size = _varint(part, size, 15)
    return size


def _delta(part: Any, size: int, dx: int, dy: int) -> int:
    """Append a step, each number zigzag."""
    size = _varint(part, size, 2 * dx if dx >= 0 else -2 * dx - 1)
    return _varint(part, size, 2 * dy if dy >= 0 else -2 * dy - 1)


def _varint(out: Any, size: int, number: int) -> int:
    while number > 127:
        out[size] = number & 127 | 128
        number >>= 7
        size += 1
    out[size] = number
    return size + 1


def _length(number: int) -> int:
    """How many bytes a number takes."""
    size = 1
    while number > 127:
        number >>= 7
        size += 1
    return size


_HELPERS = (
    _with_room, _feature, _tags, _values, _geometry, _whole_rings, _cut_rings, _delta, _varint,
    _length, *CLIP_HELPERS,
)  # fmt: skip
