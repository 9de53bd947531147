"""A strict reader of Mapbox Vector Tiles 2.1: decodes polygons, and tells every fault.

Specification: https://github.com/mapbox/vector-tile-spec/tree/master/2.1
"""

from dataclasses import dataclass

import shapely
from shapely.geometry import Polygon


@dataclass
class Feature:
    """A feature: id, attributes, rings in tile units, first place not repeated."""

    id: int
    attributes: dict
    rings: list

    @property
    def shape(self):
        parts = []
        for ring in self.rings:
            if area2(ring) > 0:
                parts.append([ring, []])
            else:
                parts[-1][1].append(ring)
        return shapely.multipolygons([Polygon(*part) for part in parts])


def fields(data):
    """Fields of a message: number and value, an int or bytes."""
    place = 0
    while place < len(data):
        key, place = varint(data, place)
        if key & 7 == 0:
            value, place = varint(data, place)
        else:
            assert key & 7 == 2, f"wire type {key & 7}"
            size, place = varint(data, place)
            value, place = data[place : place + size], place + size
            assert len(value) == size, "cut short"
        yield key >> 3, value


def varint(data, place):
    number = shift = 0
    while True:
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


def area2(ring):
    """Twice the area by the surveyor's formula, as the specification gives it."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))


def layer_of(data):
    ((number, layer),) = fields(data)
    assert number == 3
    return list(fields(layer))


def decoded(data):
    """Features of a tile with one layer, or with none."""
    if not data:
        return []
    layer = layer_of(data)
    keys = [value.decode() for number, value in layer if number == 3]
    values = [value_of(value) for number, value in layer if number == 4]
    return [feature_of(value, keys, values) for number, value in layer if number == 2]


def value_of(data):
    ((number, value),) = fields(data)
    return {1: lambda: value.decode(), 5: lambda: value, 7: lambda: bool(value)}[number]()


def feature_of(data, keys, values):
    parts = dict(fields(data))
    tags = list(numbers(parts[2]))
    pairs = zip(tags[::2], tags[1::2], strict=True)
    return Feature(parts[1], {keys[k]: values[v] for k, v in pairs}, rings_of(parts[4]))


def rings_of(data):
    """Rings of the geometry of a polygon; every command must stand where it may."""
    stream, rings, x, y = list(numbers(data)), [], 0, 0
    place = 0

    def step():
        nonlocal x, y, place
        dx, dy = stream[place], stream[place + 1]
        place += 2
        x += (dx >> 1) ^ -(dx & 1)
        y += (dy >> 1) ^ -(dy & 1)
        return x, y

    while place < len(stream):
        assert stream[place] == 9, "a ring begins with one MoveTo"
        place += 1
        ring = [step()]
        count, place = stream[place], place + 1
        assert count & 7 == 2 and count >> 3 >= 2, "then one LineTo of two steps or more"
        ring += [step() for _ in range(count >> 3)]
        assert stream[place] == 15, "then one ClosePath"
        place += 1
        rings.append(ring)
    return rings


def faults_in(data):
    """Whatever the specification forbids, as sentences."""
    if not data:
        return []
    layer = layer_of(data)
    single = {number: value for number, value in layer if number not in (2, 3, 4)}
    found = []
    if single.keys() != {1, 5, 15} or single[15] != 2 or single[5] != 4096:
        found.append(f"layer fields {single}")
    for kind, name in ((3, "keys"), (4, "values")):
        column = [value for number, value in layer if number == kind]
        if len(set(column)) != len(column):
            found.append(f"{name} stand twice")
    used = {
        n
        for number, value in layer
        if number == 2
        for n in list(numbers(dict(fields(value))[2]))[1::2]
    }
    if used != set(range(sum(number == 4 for number, _ in layer))):
        found.append("a value is not used")
    features = decoded(data)
    ids = [feature.id for feature in features]
    if len(set(ids)) != len(ids) or not ids:
        found.append("ids are not single")
    for feature in features:
        found += [f"feature {feature.id}: {fault}" for fault in _faults(feature)]
    return found


def _faults(feature):
    if area2(feature.rings[0]) <= 0:
        yield "the first ring is no outer ring"
        return
    for ring in feature.rings:
        if area2(ring) == 0:
            yield "a ring has no area"
        if not shapely.LinearRing(ring).is_simple:
            yield f"a ring meets itself: {ring}"
        if any(not -64 <= c <= 4160 for place in ring for c in place):
            yield "a place lies outside the buffer"
    if not feature.shape.is_valid:
        yield f"invalid: {shapely.is_valid_reason(feature.shape)}"
