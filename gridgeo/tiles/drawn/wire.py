"""A layer of a vector tile as bytes: what compiled encoders share.

Mapbox Vector Tile 2.1. A layer's keys stand in a fixed order; its values in the order in which the
features, by id, first use them, each once. So the same features give the same bytes.

An encoder writes into a `Desk`, and says so when that is too small. It hands no array back and
allocates none in its loop: to count who holds an array takes a third of the time of all the rest.
Places in arrays are unsigned in the innermost loops: a signed one is looked at for counting from
the end.
"""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.generalise.frame import EXTENT
from gridgeo.tiles.drawn.values import varint

TAIL = b"\x28" + varint(EXTENT) + b"\x78\x02"
"""Extent and version of a layer."""

FULL = -1
"""What an encoder returns when its desk is too small."""

FEATURE_BYTES = 128
"""More than a feature takes beside its geometry."""

_FIRST_ROOM = 1 << 18
_KEPT_ROOM = 1 << 21
_CORNERS = 2048
_MOST_KEYS = 16

_U = np.uint64

_GIVEN, _SHARED, _HELD = 0, 1, 2
"""Of `Desk.counts`: numbers given to values, those that are shared, bytes of all."""

_BEFORE = 3
"""From here on the same before the feature that is being written."""

_BEGIN = 6
"""Where that feature begins."""

OTHERS = 7
"""From here on what else an encoder counts."""

_COUNTS = 10


class Desk(NamedTuple):
    """Arrays in which an encoder writes one layer.

    Attributes
    ----------
    out : uint8
        The features.
    held : uint8
        The values.
    shared : int32
        Values that several units may say and that have a number by now.
    own : int64
        Numbers of a unit's own values, by key.
    counts : int64 (10,)
        Of values and features, see `OTHERS`.
    corners : int64 (c, 2), keys : int64
        For one ring that is cut.
    numbers : int32
        Number of each shared value, from 1; all zeros between calls.
    """

    out: NDArray[np.uint8]
    held: NDArray[np.uint8]
    shared: NDArray[np.int32]
    own: NDArray[np.int64]
    counts: NDArray[np.int64]
    corners: NDArray[np.int64]
    keys: NDArray[np.int64]
    numbers: NDArray[np.int32]

    @classmethod
    def of(cls, room: int, distinct: int) -> "Desk":
        """Return a desk for so many bytes, and so many values that there are at all."""
        return cls(
            np.empty(room, dtype=np.uint8),
            np.empty(room, dtype=np.uint8),
            np.empty(room // 4, dtype=np.int32),
            np.empty(_MOST_KEYS, dtype=np.int64),
            np.empty(_COUNTS, dtype=np.int64),
            np.empty((_CORNERS, 2), dtype=np.int64),
            np.empty(2 * (_CORNERS + 8), dtype=np.int64),
            np.zeros(distinct, dtype=np.int32),
        )


class _Desks(threading.local):
    """The desk of each thread."""

    desk = Desk.of(0, 0)


_DESKS = _Desks()


def _desk(room: int, distinct: int) -> Desk:
    """Return a desk; a thread keeps its own unless it is huge."""
    desk = _DESKS.desk
    if len(desk.out) < room or len(desk.numbers) < distinct:
        desk = Desk.of(max(room, len(desk.out), _FIRST_ROOM), max(distinct, len(desk.numbers)))
        if len(desk.out) <= _KEPT_ROOM:
            _DESKS.desk = desk
    return desk


def encoded_layer(
    name: str, keys: Callable[[Any], bytes], distinct: int, room: int,
    encode: Callable[[Desk], tuple[int, Any]],
) -> bytes:  # fmt: skip
    """Return a tile with one layer; empty when it has no feature.

    Parameters
    ----------
    name
        Name of the layer.
    keys
        Returns its keys as bytes, given what the encoder tells.
    distinct
        How many values there are at all.
    room
        Bytes that the features may take; more are found when they are needed.
    encode
        Writes features and values, and returns the size of the features, or `FULL`, and whatever
        it has to tell of them.
    """
    desk = _desk(room, distinct)
    size, told = encode(desk)
    while size == FULL:
        desk = _desk(2 * len(desk.out), distinct)
        size, told = encode(desk)
    if size == 0:
        return b""
    title, said, held = name.encode(), keys(told), desk.held.data[: int(desk.counts[_HELD])]
    head = b"\x0a" + varint(len(title)) + title
    length = len(head) + size + len(said) + len(held) + len(TAIL)
    return b"".join((b"\x1a", varint(length), head, desk.out.data[:size], said, held, TAIL))


def begin_layer(counts: Any) -> None:
    """Begin with no values."""
    counts[_GIVEN] = counts[_SHARED] = counts[_HELD] = 0


def end_layer(counts: Any, shared: Any, numbers: Any) -> None:
    """Forget the numbers of values."""
    for k in range(counts[_SHARED]):
        numbers[shared[k]] = 0


def take_back(counts: Any, shared: Any, numbers: Any) -> int:
    """Forget a feature and the values that came with it; return where it began."""
    for k in range(counts[_BEFORE + _SHARED], counts[_SHARED]):
        numbers[shared[k]] = 0
    for k in range(_BEFORE):
        counts[k] = counts[_BEFORE + k]
    return int(counts[_BEGIN])


def put_head(out: Any, size: int, number: int, counts: Any) -> int:
    """Begin a feature with its id; one byte stays free for its length, the second of it."""
    counts[_BEGIN] = size
    for k in range(_BEFORE):
        counts[_BEFORE + k] = counts[k]
    out[_U(size)] = 0x12
    out[_U(size + 2)] = 0x08
    return put_varint(out, size + 3, number)


def put_tags(
    out: Any, size: int, tags: Any, firsts: Any, row: int, columns: int, value_ends: Any, blob: Any,
    held: Any, shared: Any, own: Any, counts: Any, numbers: Any,
) -> int:  # fmt: skip
    """Append what the first columns of a row say, see `Values`; `FULL` where values have no room.

    A value gets its number in the layer, and is written down, when it is first used.
    """
    out[_U(size)] = 0x12
    place = size + 1
    size += 2
    for key in range(columns):
        value = tags[_U(row), key]
        if value < 0:
            continue
        first = firsts[_U(row), key]
        is_new = first == key
        if first < 0:
            number = numbers[_U(value)] - 1
            is_new = number < 0
        else:
            number = own[first]
        if is_new:
            number = counts[_GIVEN]
            counts[_GIVEN] = number + 1
            if first < 0:
                numbers[_U(value)] = number + 1
                shared[counts[_SHARED]] = value
                counts[_SHARED] += 1
            else:
                own[key] = number
            begin, end, goal = value_ends[_U(value)], value_ends[_U(value + 1)], counts[_HELD]
            if goal + end - begin > len(held) or counts[_SHARED] == len(shared):
                return FULL
            for k in range(begin, end):
                held[_U(goal + k - begin)] = blob[_U(k)]
            counts[_HELD] = goal + end - begin
        out[_U(size)] = key
        size = put_varint(out, size + 1, number)
    out[_U(place)] = size - place - 1
    return size


def put_kind(out: Any, size: int, kind: int) -> int:
    """Append the kind of a geometry that follows; its length has one byte, the last."""
    out[_U(size)], out[_U(size + 1)], out[_U(size + 2)] = 0x18, kind, 0x22
    return size + 4


def end_feature(out: Any, counts: Any, geometry: int, size: int) -> int:
    """Write down the lengths of a feature and of its geometry; what follows makes room for them."""
    size = _with_length(out, geometry - 1, size)
    return _with_length(out, counts[_BEGIN] + 1, size)


def _with_length(out: Any, place: int, size: int) -> int:
    """Write at a place how long is what follows its one byte."""
    length = size - place - 1
    more = length_of(length) - 1
    if more > 0:
        for k in range(size - 1, place, -1):
            out[_U(k + more)] = out[_U(k)]
    put_varint(out, place, length)
    return size + more


def put_delta(out: Any, size: int, dx: int, dy: int) -> int:
    """Append a step, each number zigzag."""
    size = put_varint(out, size, (dx << 1) ^ (dx >> 63))
    return put_varint(out, size, (dy << 1) ^ (dy >> 63))


def put_varint(out: Any, size: int, number: int) -> int:
    """Append a number from 0."""
    while number > 127:
        out[_U(size)] = number & 127 | 128
        number >>= 7
        size += 1
    out[_U(size)] = number
    return size + 1


def length_of(number: int) -> int:
    """Return how many bytes a number takes."""
    size = 1
    while number > 127:
        number >>= 7
        size += 1
    return size


HELPERS = (
    begin_layer, end_layer, take_back, put_head, put_tags, put_kind, end_feature, _with_length,
    put_delta, put_varint, length_of,
)  # fmt: skip
