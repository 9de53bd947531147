from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from gridgeo.analysis import refreshed
from gridgeo.analysis.refreshed import Refreshed
from gridgeo.errors import Unavailable

PATIENCE_S = 20


class Slow:
    """A value whose making waits until it may go on."""

    def __init__(self, value):
        self.value = value
        self.begun, self.may_end = Event(), Event()

    def __call__(self):
        self.begun.set()
        assert self.may_end.wait(PATIENCE_S)
        return self.value


def never():
    raise AssertionError("this was not to be made")


def test_a_value_is_made_once_for_a_stamp():
    values = Refreshed()
    assert values.get("a", 1, lambda: "first") == "first"
    assert values.get("a", 1, never) == "first"
    assert values.get("b", 1, lambda: "other") == "other"
    assert values.get("a", 2, lambda: "second") == "second"
    assert values.get("a", 2, never) == "second"


def test_while_one_makes_the_next_value_others_take_the_old_one():
    values, slow = Refreshed(), Slow("new")
    values.get("a", 1, lambda: "old")
    with ThreadPoolExecutor() as threads:
        made = threads.submit(values.get, "a", 2, slow)
        assert slow.begun.wait(PATIENCE_S)
        assert values.get("a", 2, never) == "old"
        slow.may_end.set()
        assert made.result(PATIENCE_S) == "new"
    assert values.get("a", 2, never) == "new"


def test_who_asks_while_the_first_value_is_made_waits_for_it():
    values, slow = Refreshed(), Slow("first")
    with ThreadPoolExecutor() as threads:
        made = threads.submit(values.get, "a", 1, slow)
        assert slow.begun.wait(PATIENCE_S)
        waiting = threads.submit(values.get, "a", 1, never)
        slow.may_end.set()
        assert made.result(PATIENCE_S) == waiting.result(PATIENCE_S) == "first"


def test_nobody_waits_for_long(monkeypatch):
    monkeypatch.setattr(refreshed, "WAIT_S", 0.01)
    values, slow = Refreshed(), Slow("first")
    with ThreadPoolExecutor() as threads:
        made = threads.submit(values.get, "a", 1, slow)
        assert slow.begun.wait(PATIENCE_S)
        with pytest.raises(Unavailable, match="ask again"):
            values.get("a", 1, never)
        slow.may_end.set()
        assert made.result(PATIENCE_S) == "first"


def test_after_a_failure_the_next_one_tries_again():
    values = Refreshed()
    with pytest.raises(ZeroDivisionError):
        values.get("a", 1, lambda: 1 // 0)
    assert values.get("a", 1, lambda: "made") == "made"
