"""The strict reader of tiles finds what it is there to find."""

import pytest
from strict_tile import decoded, faults_in

RING = bytes([9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15])
"""MoveTo 0,0; LineTo 10,0 10,10 0,10; ClosePath."""


def field(number, value):
    """A field of a message: a small number, or bytes."""
    if isinstance(value, int):
        return bytes([number << 3, *low_first(value)])
    return bytes([number << 3 | 2, *low_first(len(value))]) + value


def low_first(number):
    while number > 127:
        yield number & 127 | 128
        number >>= 7
    yield number


def feature(geometry=RING, kind=3, number=1, tags=(0, 0)):
    parts = field(1, number), field(2, bytes(tags)), field(3, kind), field(4, geometry)
    return field(2, b"".join(parts))


def tile(*features, name=b"a", keys=(b"k",), values=(b"v",), version=2, extent=4096):
    columns = [field(3, key) for key in keys] + [field(4, field(1, value)) for value in values]
    ends = field(5, extent) + field(15, version)
    return field(3, field(1, name) + b"".join(features) + b"".join(columns) + ends)


def test_a_good_tile_has_no_fault_and_is_read_as_it_was_written():
    data = tile(feature())
    assert faults_in(data) == []
    (found,) = decoded(data)
    assert (found.id, found.attributes, found.shape.area) == (1, {"k": "v"}, 100)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (tile(feature(bytes([9, 0, 0, 26, 0, 20, 20, 0, 0, 19, 15]))), "no outer ring"),
        (tile(feature(bytes([9, 0, 0, 18, 20, 0, 0, 20]))), "2 commands"),
        (tile(feature(bytes([9, 0, 0, 18, 20, 0, 20, 0, 15]))), "no outer ring"),
        (tile(feature(bytes([9, 0, 0, 26, 20, 20, 0, 19, 19, 20, 15]))), "no outer ring"),
        (tile(feature(bytes([9, 0, 0, 34, 20, 0, 0, 20, 19, 0, 0, 19, 15]))), "comes back"),
        (tile(feature(RING + bytes([9, 4, 9, 26, 20, 0, 0, 20, 19, 0, 15]))), "invalid"),
        (tile(feature(bytes([9, 0, 0, 10, 20, 0, 15]))), "2 steps or more"),
        (tile(feature(bytes([17, 0, 0, 2, 2, 18, 20, 0, 0, 20, 15]))), "one MoveTo"),
        (tile(feature(RING[:-1])), "2 commands"),
        (tile(feature(RING[:6])), "command 2"),
        (tile(feature(bytes([9, 255, 127, 0, 26, 20, 0, 0, 20, 19, 0, 15]))), "outside the buffer"),
        (tile(feature(bytes([10, 20, 0]), kind=1)), "one MoveTo"),
        (tile(feature(bytes([9, 0, 0]), kind=2)), "1 commands"),
        (tile(feature(bytes([9, 0, 0, 10, 0, 0]), kind=2)), "stands still"),
        (tile(feature(kind=4)), "kind 4"),
        (tile(feature(tags=(0,))), "pairs"),
        (tile(feature(tags=(1, 0))), "pairs"),
        (tile(feature(tags=(0, 1))), "not there"),
        (tile(feature(tags=(0, 0, 0, 0))), "twice"),
        (tile(feature(), feature()), "ids are not single"),
        (tile(), "ids are not single"),
        (tile(feature(), keys=(b"k", b"k")), "keys stand twice"),
        (tile(feature(), values=(b"v", b"v")), "values stand twice"),
        (tile(feature(), values=(b"v", b"w")), "a value is not used"),
        (tile(feature(), version=1), "layer fields"),
        (tile(feature(), extent=512), "layer fields"),
        (tile(feature(), name=b""), "layer fields"),
        (tile(feature()) * 2, "2 times"),
        (tile(feature())[:-1], "cut short"),
        (tile(feature()) + field(4, 1), "field 4"),
    ],
    ids=lambda said: said if isinstance(said, str) else "",
)
def test_the_strict_reader_tells_each_fault(data, fault):
    assert any(fault in said for said in faults_in(data)), faults_in(data)
