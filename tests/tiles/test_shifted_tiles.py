"""Tiles of another datum are followed while somebody asks for them, and no longer."""

import threading
from itertools import count

import pytest
from drawn_worker import until
from tile_squares import fetch, tile_at

from gridgeo.tiles import shifted as module
from gridgeo.tiles.shifted import IDLE_S, ShiftedTiles


class Followed:
    """Stands for the drawn tiles of a datum: whether they are followed, how often woken."""

    def __init__(self, datum, shelf):
        self.datum, self.shelf = datum, shelf
        self.is_followed, self.woken = False, 0

    def __enter__(self):
        assert not self.is_followed
        self.is_followed = True
        return self

    def __exit__(self, *error):
        assert self.is_followed
        self.is_followed = False

    def current(self):
        assert self.is_followed
        return self.shelf

    def wake(self):
        self.woken += 1


class Datums(ShiftedTiles):
    """Datums that follow nothing real, by a clock that a test sets; `made` is all of it."""

    def __init__(self):
        self.made, self.now, self.numbers = [], 0.0, count()
        super().__init__(self.make, lambda: self.now)

    def make(self, datum):
        self.made.append(Followed(datum, next(self.numbers)))
        return self.made[-1]

    @property
    def followed(self):
        return [one.datum for one in self.made if one.is_followed]


@pytest.fixture
def datums():
    with Datums() as found:
        yield found
    assert found.followed == []


def test_a_datum_is_followed_from_the_first_question_on(datums):
    assert datums.followed == []
    assert datums.current("gcj02") == datums.current("gcj02") == 0
    assert datums.current("bd09") == 1
    assert datums.followed == ["gcj02", "bd09"]


def test_a_datum_that_nobody_asks_for_is_let_go_and_the_other_is_followed_on(datums):
    datums.current("gcj02")
    datums.current("bd09")
    datums.now = IDLE_S - 1
    datums.let_go()
    assert datums.followed == ["gcj02", "bd09"]
    datums.current("bd09")
    datums.now = IDLE_S
    datums.let_go()
    assert datums.followed == ["bd09"]


def test_what_was_let_go_is_followed_anew_when_asked_for(datums):
    datums.current("gcj02")
    datums.now = IDLE_S
    datums.let_go()
    datums.let_go()
    assert datums.current("gcj02") == 1
    datums.let_go()
    assert datums.followed == ["gcj02"]


def test_a_publication_wakes_what_is_followed_and_asks_for_nothing(datums):
    datums.current("gcj02")
    datums.now = IDLE_S
    datums.wake()
    datums.let_go()
    datums.wake()
    assert [one.woken for one in datums.made] == [1]


def test_before_and_after_its_time_nothing_is_followed():
    datums = Datums()
    assert datums.current("gcj02") is None
    with datums:
        assert datums.current("gcj02") == 0
    assert datums.current("gcj02") is None
    assert (datums.followed, len(datums.made)) == ([], 1)


def test_questions_and_letting_go_at_once_leave_one_follower_to_a_datum(datums, monkeypatch):
    monkeypatch.setattr(module, "IDLE_S", 0.0)
    stop = threading.Event()

    def let_go():
        while not stop.is_set():
            datums.let_go()

    other = threading.Thread(target=let_go)
    other.start()
    until(lambda: datums.current("gcj02") >= 20)
    stop.set()
    other.join()
    assert len(datums.followed) <= 1


def test_idle_datums_are_looked_for_without_a_question(datums, monkeypatch):
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    with Datums() as looking:
        looking.current("gcj02")
        looking.now = IDLE_S
        until(lambda: looking.followed == [])


def test_a_tile_of_a_datum_comes_all_the_same_when_it_was_let_go(drawn_client, monkeypatch):
    shifted, tile = drawn_client.app.state.shifted, tile_at(14, 113.611, 34.704)
    fetch(drawn_client, "grid", *tile, datum="gcj02")
    until(lambda: shifted.current("gcj02") is not None)
    drawn = fetch(drawn_client, "grid", *tile, datum="gcj02")
    with monkeypatch.context() as later:
        later.setattr(module, "IDLE_S", 0.0)
        shifted.let_go()
    made = fetch(drawn_client, "grid", *tile, datum="gcj02")
    assert made.status_code == drawn.status_code == 200
    until(lambda: shifted.current("gcj02") is not None)
    assert fetch(drawn_client, "grid", *tile, datum="gcj02").content == drawn.content
