"""A layer of polygons: what it says, and how an encoder finds room for it."""

from itertools import chain, pairwise

import numpy as np
import pytest
from strict_tile import decoded, faults_in, layers_of

from gridgeo.geometry.generalise.coverage import Drawn
from gridgeo.geometry.generalise.rings import Rings
from gridgeo.tiles.drawn.mvt import polygon_layer
from gridgeo.tiles.drawn.pane import Pane
from gridgeo.tiles.drawn.sheet import Sheet
from gridgeo.tiles.drawn.values import Values
from gridgeo.tiles.drawn.wire import FULL, Desk, encoded_layer

IN, ACROSS = [(10, 10), (90, 10), (90, 90)], [(4000, 10), (4300, 10), (4300, 90), (4000, 90)]
BEYOND_A_CORNER = [(4096, 4300), (4300, 4096), (4300, 4300)]
"""Its box comes into the tile, itself it does not."""

TWICE_ACROSS = [(4000, 100), (4300, 100), (4300, 140), (4100, 140), (4300, 180), (4000, 180)]


def said(code, name=None, parent="p"):
    return (code, "grid", name or code, parent, True, 7, False)


def pane_of(*rings, subjects=None):
    """A pane of units with one ring each, their ids from 1."""
    ids = np.arange(1, len(rings) + 1, dtype=np.int32)
    sizes = np.cumsum([0, *map(len, rings)])
    drawn = Drawn(
        Rings(
            np.array(list(chain(*rings)), dtype=np.int32), sizes, np.arange(len(rings) + 1), sizes
        ),
        np.zeros(len(rings), dtype=np.bool_),
    )
    rows = ids - 1 if subjects is None else subjects
    return Pane.of(Sheet.of(ids, rows.astype(np.int32), drawn))


def squares(count):
    """As many squares beside one another."""
    corner = np.array([(0, 0), (20, 0), (20, 20), (0, 20)])
    return [[(x + 30 * (k % 100), y + 30 * (k // 100)) for x, y in corner] for k in range(count)]


def attributes(data):
    assert faults_in(data) == []
    return {f.id: (f.attributes["code"], f.attributes["name"]) for f in decoded(data)}


def test_a_unit_that_does_not_come_in_leaves_no_value_in_the_layer():
    values = Values.of({1: said("a"), 2: said("far", "off"), 3: said("b", "B", "q")})
    data = polygon_layer("any", pane_of(IN, BEYOND_A_CORNER, ACROSS), values, (0, 0))
    assert attributes(data) == {1: ("a", "a"), 3: ("b", "B")}
    (layer,) = layers_of(data)
    assert layer.values == ["a", "grid", "p", True, 7, False, "b", "B", "q"]


def test_units_that_are_cut_in_any_way_keep_their_order_and_say_what_they_say():
    values = Values.of({k: said(f"c{k}", f"n{k}") for k in range(1, 6)})
    pane = pane_of(TWICE_ACROSS, IN, ACROSS, [(x, y + 900) for x, y in TWICE_ACROSS], IN)
    data = polygon_layer("any", pane, values, (0, 0))
    assert [f.id for f in decoded(data)] == [1, 2, 3, 4, 5]
    assert attributes(data) == {k: (f"c{k}", f"n{k}") for k in range(1, 6)}


def test_lengths_of_any_number_of_bytes_are_written():
    ring = [(20 * k, 30 + (k * 37) % 500) for k in range(200)] + [(3980, 4000), (0, 4000)]
    (feature,) = decoded(polygon_layer("any", pane_of(ring), Values.of({1: said("a")}), (0, 0)))
    assert sorted(feature.rings[0]) == sorted(ring)


@pytest.mark.parametrize("length", [10, 5_000])
def test_a_layer_that_asks_for_more_room_than_was_thought_is_whole(length):
    values = Values.of({k: said(f"c{k}", f"{k}" * length) for k in range(1, 301)})
    found = attributes(polygon_layer("any", pane_of(*squares(300)), values, (0, 0)))
    assert found == {k: (f"c{k}", f"{k}" * length) for k in range(1, 301)}


def test_an_encoder_gets_a_larger_desk_until_it_has_room():
    rooms = []

    def write(desk: Desk) -> tuple[int, None]:
        rooms.append(len(desk.out))
        desk.counts[:] = 0
        return (FULL if len(rooms) < 5 else 0), None

    assert encoded_layer("any", lambda told: b"", 1, 1, write) == b""
    assert all(more == 2 * room for room, more in pairwise(rooms))


def test_a_value_that_a_further_unit_says_too_stands_once_in_a_layer():
    before = Values.of({1: said("a", "A"), 2: said("b", "B")})
    assert (before.firsts[:, 0] == 0).all()
    later = before.extended({3: said("c", "A"), 2: said("b", "a")})
    anew = Values.of({1: said("a", "A"), 2: said("b", "a"), 3: said("c", "A")})
    rings = squares(3)
    patched = pane_of(*rings, subjects=later.rows_of(np.array([1, 2, 3], dtype=np.int32)))
    data = polygon_layer("any", patched, later, (0, 0))
    assert data == polygon_layer("any", pane_of(*rings), anew, (0, 0))
    (layer,) = layers_of(data)
    assert layer.values.count("A") == layer.values.count("a") == 1


def test_what_a_unit_says_twice_stands_once_in_a_layer():
    values = Values.of({1: said("a"), 2: said("b")})
    assert values.firsts[:, 2].tolist() == [0, 0]
    (layer,) = layers_of(polygon_layer("any", pane_of(IN, ACROSS), values, (0, 0)))
    assert layer.values == ["a", "grid", "p", True, 7, False, "b"]
