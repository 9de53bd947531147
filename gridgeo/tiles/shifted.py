"""Drawn tiles in other datums than WGS 84: drawn once somebody asks, followed while somebody does.

A datum costs a worker the memory of a map, and time at each publication.
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from gridgeo.tiles.drawn.live import LiveTiles
from gridgeo.tiles.drawn.shelf import Shelf

IDLE_S = 30 * 60.0
"""After so long without a question a datum is let go; its file stays."""

LOOK_S = 60.0
"""So often it is looked for datums that nobody asks for."""

Make = Callable[[str], LiveTiles]


class ShiftedTiles:
    """The drawn tiles of each datum that somebody asks for in this process.

    Parameters
    ----------
    make : callable
        Returns the drawn tiles of a datum, not followed yet.
    clock : callable, optional
        Seconds that only grow.
    """

    def __init__(self, make: Make, clock: Callable[[], float] = time.monotonic) -> None:
        self._make, self._clock = make, clock
        self._lock = threading.Lock()
        self._live: dict[str, LiveTiles] = {}
        self._asked_at: dict[str, float] = {}
        self._closed = threading.Event()
        self._closed.set()

    def current(self, datum: str) -> Shelf | None:
        """Return the tiles of the live map in a datum; None while PostGIS has to serve them.

        What is returned may be served for as long as one likes, also if the datum is let go.
        """
        with self._lock:
            if self._closed.is_set():
                return None
            self._asked_at[datum] = self._clock()
            if datum not in self._live:
                self._live[datum] = self._make(datum).__enter__()
            return self._live[datum].current()

    def let_go(self) -> None:
        """Follow no longer what nobody has asked for in `IDLE_S`; asked for, it is taken anew."""
        with self._lock:
            now = self._clock()
            idle = [datum for datum, at in self._asked_at.items() if now - at >= IDLE_S]
            gone = [self._live.pop(datum) for datum in idle]
            for datum in idle:
                del self._asked_at[datum]
        for live in gone:  # which waits for a patch that runs: nobody else has to
            live.__exit__(None, None, None)

    def wake(self) -> None:
        """Have all look at the map now."""
        with self._lock:
            followed = list(self._live.values())
        for live in followed:
            live.wake()

    def _run(self) -> None:
        while not self._closed.wait(LOOK_S):
            self.let_go()

    def __enter__(self) -> Self:
        """Follow from now on what is asked for."""
        self._closed.clear()
        self._thread = threading.Thread(target=self._run, daemon=True, name="datums")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all, and end drawings that run."""
        with self._lock:
            self._closed.set()
        self._thread.join()
        for live in self._live.values():
            live.__exit__(kind, error, trace)
