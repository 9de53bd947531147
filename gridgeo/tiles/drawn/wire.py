"""A layer of a vector tile as bytes: what compiled encoders share.

Mapbox Vector Tile 2.1. A layer's keys stand in a fixed order; its values in the order in which the
features, by id, first use them, each once. So the same features give the same bytes.
"""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.generalise.frame import EXTENT
from gridgeo.tiles.drawn.values import varint

TAIL = b"\x28" + varint(EXTENT) + b"\x78\x02"
"""Extent and version of a layer."""


class _Scratch(threading.local):
    """One array for each thread, all zeros between calls."""

    numbers: NDArray[np.int32] = np.zeros(0, dtype=np.int32)


_SCRATCH = _Scratch()


def zeros(count: int) -> NDArray[np.int32]:
    """Return an array of `count` zeros or more, this thread's own; to be left all zeros."""
    if len(_SCRATCH.numbers) < count:
        _SCRATCH.numbers = np.zeros(count, dtype=np.int32)
    return _SCRATCH.numbers


def layer_of(name: str, features: memoryview, keys: bytes, values: memoryview) -> bytes:
    """Return a tile with one layer, given its features and values as bytes."""
    title = name.encode()
    body = b"".join((b"\x0a", varint(len(title)), title, features, keys, values, TAIL))
    return b"".join((b"\x1a", varint(len(body)), body))


def with_room(out: Any, size: int, more: int) -> Any:
    """Return an array of bytes with room for more; the first `size` of them as they are."""
    if size + more <= len(out):
        return out
    grown = np.empty(2 * (size + more), dtype=np.uint8)
    copy_bytes(out, 0, size, grown, 0)
    return grown


def copy_bytes(given: Any, begin: int, count: int, out: Any, place: int) -> int:
    """Copy some bytes; return the place after them."""
    out[place : place + count] = given[begin : begin + count]
    return place + count


def put_feature(
    out: Any, size: int, kind: int, number: int, tags: Any, tag_size: int, part: Any, length: int
) -> int:
    """Append one feature: its id, tags and geometry."""
    inner = (
        1 + length_of(number) + 1 + length_of(tag_size) + tag_size + 2
        + 1 + length_of(length) + length
    )  # fmt: skip
    out[size] = 0x12
    size = put_varint(out, size + 1, inner)
    out[size] = 0x08
    size = put_varint(out, size + 1, number)
    out[size] = 0x12
    size = put_varint(out, size + 1, tag_size)
    size = copy_bytes(tags, 0, tag_size, out, size)
    out[size], out[size + 1], out[size + 2] = 0x18, kind, 0x22
    size = put_varint(out, size + 3, length)
    return copy_bytes(part, 0, length, out, size)


def put_tags(
    written: Any, tags: Any, row: int, keys: int, local: Any, used: Any, values: int
) -> tuple[int, int]:
    """Write the first keys of a row with their values; return the size, and the values used by now.

    A value gets its number in the layer when it is first used. All in one function: to hand over
    arrays for each key costs as much again.
    """
    size = 0
    for key in range(keys):
        value = tags[row, key]
        if value < 0:
            continue
        number = local[value]
        if number == 0:
            used[values] = value
            values += 1
            local[value] = number = values
        written[size] = key
        size += 1
        rest = number - 1
        while rest > 127:
            written[size] = rest & 127 | 128
            rest >>= 7
            size += 1
        written[size] = rest
        size += 1
    return size, values


def values_of(used: Any, values: int, ends: Any, blob: Any, local: Any) -> Any:
    """Return the bytes of the values used, and forget their numbers."""
    size = 0
    for k in range(values):
        size += ends[used[k] + 1] - ends[used[k]]
    held = np.empty(size, dtype=np.uint8)
    place = 0
    for k in range(values):
        begin = ends[used[k]]
        place = copy_bytes(blob, begin, ends[used[k] + 1] - begin, held, place)
        local[used[k]] = 0
    return held


def put_delta(part: Any, size: int, dx: int, dy: int) -> int:
    """Append a step, each number zigzag."""
    size = put_varint(part, size, (dx << 1) ^ (dx >> 63))
    return put_varint(part, size, (dy << 1) ^ (dy >> 63))


def put_varint(out: Any, size: int, number: int) -> int:
    """Append a number from 0."""
    while number > 127:
        out[size] = number & 127 | 128
        number >>= 7
        size += 1
    out[size] = number
    return size + 1


def length_of(number: int) -> int:
    """Return how many bytes a number takes."""
    size = 1
    while number > 127:
        number >>= 7
        size += 1
    return size


HELPERS = (
    with_room, copy_bytes, put_feature, put_tags, values_of, put_delta, put_varint, length_of,
)  # fmt: skip
