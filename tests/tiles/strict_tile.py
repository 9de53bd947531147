"""A strict reader of Mapbox Vector Tiles 2.1: decodes features, and tells every fault.

Specification: https://github.com/mapbox/vector-tile-spec/tree/master/2.1
"""

import struct
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import shapely
from shapely.geometry import Polygon

POINT, LINE, POLYGON = 1, 2, 3
MOVE_TO, LINE_TO, CLOSE_PATH = 1, 2, 7
SIDE, BUFFER = 4096, 64
LAYER_FIELDS = {1: "name", 2: "features", 3: "keys", 4: "values", 5: "extent", 15: "version"}


class Malformed(AssertionError):
    """The bytes are no vector tile; the message says where."""


@dataclass
class Feature:
    """A feature: id, attributes, kind and parts in tile units; a ring's first place once."""

    id: int
    attributes: dict
    kind: int
    parts: list

    @property
    def rings(self):
        assert self.kind == POLYGON
        return self.parts

    @property
    def shape(self):
        if self.kind == POINT:
            return shapely.multipoints(self.parts[0])
        if self.kind == LINE:
            return shapely.multilinestrings([shapely.LineString(part) for part in self.parts])
        polygons = []
        for ring in self.rings:
            if area2(ring) > 0:
                polygons.append([ring, []])
            else:
                polygons[-1][1].append(ring)
        return shapely.multipolygons([Polygon(*polygon) for polygon in polygons])


@dataclass
class Layer:
    """A layer as it stands in a tile."""

    name: str
    keys: list
    values: list
    features: list
    messages: list


def fields(data):
    """Fields of a message: number and value, an int or bytes."""
    place = 0
    while place < len(data):
        key, place = varint(data, place)
        if key & 7 == 0:
            value, place = varint(data, place)
        else:
            size, place = {1: (8, place), 5: (4, place)}.get(key & 7) or sized(key, data, place)
            value, place = data[place : place + size], place + size
            if len(value) != size:
                raise Malformed("a field is cut short")
        yield key >> 3, value


def sized(key, data, place):
    if key & 7 != 2:
        raise Malformed(f"wire type {key & 7}")
    return varint(data, place)


def varint(data, place):
    number = shift = 0
    while True:
        if place == len(data) or shift > 63:
            raise Malformed("a number does not end")
        byte = data[place]
        number |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return number, place


def numbers(data):
    place = 0
    while place < len(data):
        number, place = varint(data, place)
        yield number


def signed(number):
    """The number that zigzag coding stands for."""
    return (number >> 1) ^ -(number & 1)


def area2(ring):
    """Twice the area by the surveyor's formula, as the specification gives it."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))


def layers_of(data):
    """Layers of a tile, in their order."""
    found = []
    for number, message in fields(data):
        if number != 3:
            raise Malformed(f"field {number} in a tile")
        parts = list(fields(message))
        keys = [value.decode() for number, value in parts if number == 3]
        values = [value_of(value) for number, value in parts if number == 4]
        features = [feature_of(value, keys, values) for number, value in parts if number == 2]
        names = [value.decode() for number, value in parts if number == 1]
        found.append(Layer(names[0] if names else "", keys, values, features, parts))
    return found


def decoded(data):
    """Features of all layers of a tile."""
    return [feature for layer in layers_of(data) for feature in layer.features]


def value_of(data):
    found = list(fields(data))
    if len(found) != 1:
        raise Malformed("a value is of one kind")
    ((number, value),) = found
    read = {
        1: lambda: value.decode(),
        2: lambda: struct.unpack("<f", value)[0],
        3: lambda: struct.unpack("<d", value)[0],
        4: lambda: value - (value >> 63 << 64),
        5: lambda: value,
        6: lambda: signed(value),
        7: lambda: bool(value),
    }
    if number not in read:
        raise Malformed(f"a value of kind {number}")
    return read[number]()


def feature_of(data, keys, values):
    found = list(fields(data))
    parts = dict(found)
    if len(parts) != len(found) or not {1, 3, 4} <= parts.keys() <= {1, 2, 3, 4}:
        raise Malformed(f"a feature with the fields {[number for number, _ in found]}")
    tags = list(numbers(parts.get(2, b"")))
    if len(tags) % 2 or any(k >= len(keys) for k in tags[::2]):
        raise Malformed("tags are pairs of a key and a value")
    if any(v >= len(values) for v in tags[1::2]):
        raise Malformed("a tag names a value that is not there")
    if len(set(tags[::2])) != len(tags[::2]):
        raise Malformed("a feature has a key twice")
    attributes = {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
    return Feature(parts[1], attributes, parts[3], parts_of(parts[4], parts[3]))


def commands(data):
    """Commands of a geometry: its number, its count, and the places it leads to."""
    stream, x, y = list(numbers(data)), 0, 0
    place = 0
    while place < len(stream):
        command, count = stream[place] & 7, stream[place] >> 3
        size = 0 if command == CLOSE_PATH else 2 * count
        steps = stream[place + 1 : place + 1 + size]
        if command not in (MOVE_TO, LINE_TO, CLOSE_PATH) or count < 1 or len(steps) != size:
            raise Malformed(f"command {command}, {count} times")
        places = []
        for dx, dy in zip(steps[::2], steps[1::2], strict=True):
            x, y = x + signed(dx), y + signed(dy)
            places.append((x, y))
        yield command, count, places
        place += 1 + size


def parts_of(data, kind):
    """Points, lines or rings of a geometry; every command must stand where it may."""
    found = list(commands(data))
    if kind == POINT:
        if [command for command, _, _ in found] != [MOVE_TO]:
            raise Malformed("points are one MoveTo")
        return [found[0][2]]
    size = {LINE: 2, POLYGON: 3}.get(kind)
    if size is None or not found or len(found) % size:
        raise Malformed(f"{len(found)} commands in a geometry of kind {kind}")
    return [part_of(found[row : row + size], size) for row in range(0, len(found), size)]


def part_of(found, size):
    (first, count, start), (second, steps, way) = found[:2]
    if (first, count, second) != (MOVE_TO, 1, LINE_TO) or steps < size - 1:
        raise Malformed(f"a part is one MoveTo, then a LineTo of {size - 1} steps or more")
    if size == 3 and found[2][:2] != (CLOSE_PATH, 1):
        raise Malformed("a ring ends with one ClosePath")
    return start + way


def faults_in(data, reach=BUFFER):
    """Whatever the specification forbids, as sentences; `reach` is the buffer in tile units.

    Also what we promise besides: every feature has an id of its own within its layer, no layer is
    empty, nothing lies beyond the buffer.
    """
    try:
        layers = layers_of(data)
    except Malformed as error:
        return [str(error)]
    found = [f"{name} stands {n} times" for name, n in Counter(x.name for x in layers).items()
             if n > 1]  # fmt: skip
    for layer in layers:
        found += [f"{layer.name}: {fault}" for fault in _layer_faults(layer, reach)]
    return found


def _layer_faults(layer, reach):
    single = Counter(number for number, _ in layer.messages if number not in (2, 3, 4))
    said = dict(layer.messages)
    if single != {1: 1, 5: 1, 15: 1} or said[15] != 2 or said[5] != SIDE or not layer.name:
        yield f"layer fields {dict(single)}"
    for number, name in ((3, "keys"), (4, "values")):
        column = [value for kind, value in layer.messages if kind == number]
        if len(set(column)) != len(column):
            yield f"{name} stand twice"
    tags = [list(numbers(dict(fields(value)).get(2, b""))) for kind, value in layer.messages
            if kind == 2]  # fmt: skip
    if {number for pairs in tags for number in pairs[1::2]} != set(range(len(layer.values))):
        yield "a value is not used"
    ids = [feature.id for feature in layer.features]
    if len(set(ids)) != len(ids) or not ids:
        yield "ids are not single"
    for feature in layer.features:
        for fault in _faults(feature, reach):
            yield f"feature {feature.id}: {fault}"


def _faults(feature, reach):
    places = [place for part in feature.parts for place in part]
    if any(not -reach <= c <= SIDE + reach for place in places for c in place):
        yield "a place lies outside the buffer"
    if feature.kind != POINT and any(a == b for part in feature.parts for a, b in pairwise(part)):
        yield "a line stands still"
    if feature.kind != POLYGON:
        return
    if area2(feature.rings[0]) <= 0:
        yield "the first ring is no outer ring"
        return
    for ring in feature.rings:
        if ring[0] == ring[-1]:
            yield "a ring comes back before it is closed"
        if area2(ring) == 0:
            yield "a ring has no area"
        if not shapely.LinearRing(ring).is_simple:
            yield f"a ring meets itself: {ring}"
    if not feature.shape.is_valid:
        yield f"invalid: {shapely.is_valid_reason(feature.shape)}"
