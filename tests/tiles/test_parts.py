"""Zooms that are drawn one by one, by one process or several, and survive a kill."""

import os
import signal

import numpy as np
import pytest
from drawn_city import LABELS, SHOWN, town

from gridgeo.tiles.drawn import parts as parts_module
from gridgeo.tiles.drawn.drawings import Drawings
from gridgeo.tiles.drawn.parts import Parts, arrays_of, cores
from gridgeo.tiles.drawn.scheme import Scheme
from gridgeo.tiles.drawn.values import Values

SCHEME = Scheme(tuple(one for one in sorted(SHOWN) if one.zoom < 13), LABELS)


@pytest.fixture(scope="module")
def place():
    return town()


@pytest.fixture(scope="module")
def alone(place):
    return drawn(place, None)


def drawn(place, parts, read=None, report=lambda zoom: None):
    values = Values.of(place.said())
    return Drawings.build(place.tree(), values, SCHEME, read or place.read, report, parts)


def assert_same(one, other):
    assert one.panes.keys() == other.panes.keys()
    for shown, pane in one.panes.items():
        for a, b in zip(arrays_of({shown: pane}).values(),
                        arrays_of({shown: other.panes[shown]}).values(), strict=True):  # fmt: skip
            assert np.array_equal(a, b)
    for a, b in zip(one.labels, other.labels, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_map_drawn_in_parts_is_the_same(place, alone, tmp_path, monkeypatch, processes):
    monkeypatch.setattr(parts_module, "WORTH_A_PROCESS", 0)
    heard = []
    made = drawn(place, Parts(tmp_path, "a", processes), report=heard.append)
    assert_same(made, alone)
    assert sorted(set(heard)) == sorted({one.zoom for one in SCHEME.shown})


def test_a_zoom_that_is_done_is_not_drawn_again_unless_it_is_damaged(
    place, alone, tmp_path, monkeypatch
):
    drawn(place, Parts(tmp_path, "a", 1))
    *_, damaged = sorted(tmp_path.glob("*.zoom"))
    damaged.write_bytes(damaged.read_bytes()[:-100])
    made, ready = [], parts_module.Parts._put

    def counted(self, finest, zoom, draw):
        made.append((finest, zoom))
        ready(self, finest, zoom, draw)

    monkeypatch.setattr(Parts, "_put", counted)
    assert_same(drawn(place, Parts(tmp_path, "a", 1)), alone)
    assert len(made) == 1


def test_when_a_process_is_killed_the_others_work_is_kept_and_the_rest_is_drawn(
    place, alone, tmp_path, monkeypatch
):
    monkeypatch.setattr(parts_module, "WORTH_A_PROCESS", 0)
    parent, ready = os.getpid(), Parts._put

    def dies_once(self, finest, zoom, draw):
        if zoom == 12 and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        ready(self, finest, zoom, draw)

    monkeypatch.setattr(Parts, "_put", dies_once)
    assert_same(drawn(place, Parts(tmp_path, "a", 2)), alone)


def test_parts_of_other_drawings_go_and_those_of_this_stay(tmp_path):
    for name in ("a-5-12.zoom", "a-5-13.zoom.x.part", "b-5-12.zoom", "tiles-x.drawn"):
        (tmp_path / name).touch()
    parts = Parts(tmp_path, "a", 1)
    parts.keep_own()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a-5-12.zoom", "a-5-13.zoom.x.part", "tiles-x.drawn"
    ]  # fmt: skip
    parts.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["tiles-x.drawn"]


def test_there_is_a_core_to_draw_on():
    assert cores() >= 1
