"""Drawn tiles in other datums than WGS 84: drawn once somebody asks, and followed from then on."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from gridgeo.tiles.drawn.live import LiveTiles
from gridgeo.tiles.drawn.shelf import Shelf

Make = Callable[[str], LiveTiles]


class ShiftedTiles:
    """The drawn tiles of each datum that somebody has asked for in this process.

    Parameters
    ----------
    make : callable
        Returns the drawn tiles of a datum, not followed yet.
    """

    def __init__(self, make: Make) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._live: dict[str, LiveTiles] = {}
        self._is_open = False

    def current(self, datum: str) -> Shelf | None:
        """Return the tiles of the live map in a datum; None while PostGIS has to serve them."""
        found = self._live.get(datum)
        if found is None:
            self._follow(datum)
            return None
        return found.current()

    def _follow(self, datum: str) -> None:
        with self._lock:
            if self._is_open and datum not in self._live:
                self._live[datum] = self._make(datum).__enter__()

    def wake(self) -> None:
        """Have all look at the map now."""
        for live in list(self._live.values()):
            live.wake()

    def __enter__(self) -> Self:
        """Follow from now on what is asked for."""
        self._is_open = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all, and end drawings that run."""
        with self._lock:
            self._is_open = False
        for live in self._live.values():
            live.__exit__(kind, error, trace)
