"""Values that are made anew now and then, while readers go on with the old ones."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from gridgeo.errors import Unavailable

WAIT_S = 2.0
"""So long a caller waits while another makes a first value; a request holds a connection then."""

V = TypeVar("V")


class Refreshed(Generic[V]):
    """The latest value of each key and the stamp it was made for; safe to share between threads.

    When another stamp is asked for, the first caller makes the value anew; others take the old one.
    """

    def __init__(self) -> None:
        self._held: dict[Hashable, tuple[Hashable, V]] = {}
        self._turns: dict[Hashable, Lock] = {}

    def get(self, key: Hashable, stamp: Hashable, make: Callable[[], V]) -> V:
        """Return the value of a key, calling `make` if it is this caller's turn.

        Raises
        ------
        Unavailable
            Another caller makes the first value, and takes longer than `WAIT_S`.
        """
        held = self._held.get(key)
        if held is not None and held[0] == stamp:
            return held[1]
        turn = self._turns.setdefault(key, Lock())
        if turn.acquire(timeout=WAIT_S if held is None else 0):
            try:
                return self._made(key, stamp, make)
            finally:
                turn.release()
        if held is None:
            raise Unavailable("These figures are being counted; ask again in some seconds.")
        return held[1]

    def _made(self, key: Hashable, stamp: Hashable, make: Callable[[], V]) -> V:
        held = self._held.get(key)
        if held is None or held[0] != stamp:
            held = self._held[key] = stamp, make()
        return held[1]
