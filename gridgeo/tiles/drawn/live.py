"""Drawn tiles of the live map in a worker: taken from the file, brought to the head by patches.

Where there are none, or none of the head, PostGIS serves: nothing stale is shown for longer than a
patch takes. Drawing a whole city is left to a process of its own, which writes the file.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool

from gridgeo.db.connect import patient_read_transaction
from gridgeo.tiles.cache import TileCache
from gridgeo.tiles.drawn.kept import TileFiles
from gridgeo.tiles.drawn.scheme import scheme_of
from gridgeo.tiles.drawn.shelf import Shelf
from gridgeo.tiles.drawn.store import change_between, shapes_of
from gridgeo.tiles.model import TileLayer
from gridgeo.units.model import MapVersion
from gridgeo.units.store import head_version, read_profile

MOST_PATCHED = 2_000
"""Units that may have changed for a patch; when more have, the map is drawn anew."""

KEEP_AFTER_S = 30.0
"""A patched map is written to a file once no publication has come for so long."""

POLL_S = 1.0
"""So often the head is looked at when nobody calls."""

RETRY_S = 60.0
"""After so long a drawing that failed is tried again."""

log = logging.getLogger("gridgeo")


class Drawing(Protocol):
    """What is used of a process that draws."""

    def poll(self) -> int | None:
        """Return its exit code, None while it runs."""

    def terminate(self) -> None:
        """Ask it to end."""

    def wait(self) -> int:
        """Wait until it has ended."""


Watch = Callable[[Connection[Any]], None]


def watch_nothing(conn: Connection[Any]) -> None:
    """Look at nothing."""


Draw = Callable[[], Drawing]


class LiveTiles:
    """The drawn tiles that this process serves; replaced in one step, so a reader needs no lock.

    Parameters
    ----------
    source : ConnectionPool
        Where the map is read.
    layers : mapping of str to TileLayer
        The layers to draw: those of a cover, and the labels.
    files : TileFiles or None
        Where drawings are kept; without it nothing is drawn, and PostGIS serves.
    draw : callable
        Starts a process that draws the live map and writes the file.
    datum : str, optional
        The datum of all vertices, WGS 84 unless said.
    watch : callable, optional
        Has a look at the database of its own, whenever the map is looked at.
    """

    def __init__(
        self,
        source: ConnectionPool,
        layers: Mapping[str, TileLayer],
        files: TileFiles | None,
        draw: Draw,
        datum: str | None = None,
        watch: Watch = watch_nothing,
    ) -> None:
        self._source = source
        self._layers = layers
        self._files = files
        self._draw = draw
        self._datum = datum
        self._watch = watch
        self._shelf: Shelf | None = None
        self._drawing: Drawing | None = None
        self._claim = ExitStack()
        self._not_before = 0.0
        self._patched_at: float | None = None
        self._refused: int | None = None
        self._called, self._stopping = threading.Event(), False

    def current(self) -> Shelf | None:
        """Return the tiles of the live map; None while PostGIS has to serve them."""
        return self._shelf

    def __enter__(self) -> Self:
        """Start to follow the map, in a thread."""
        self._thread = threading.Thread(target=self._run, daemon=True, name="tiles")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and end a drawing that runs."""
        self._stopping = True
        self._called.set()
        self._thread.join()
        if self._drawing is not None:
            self._drawing.terminate()
            self._drawing.wait()
        self._claim.close()

    def wake(self) -> None:
        """Have the thread look at the map now."""
        self._called.set()

    def _run(self) -> None:
        while self._files is not None and not self._stopping:
            self.refresh(self._files)
            self._called.wait(POLL_S)
            self._called.clear()

    def refresh(self, files: TileFiles) -> None:
        """Bring the tiles to the head; never raises. PostGIS serves after a failure."""
        try:
            self._look(files)
        except psycopg.OperationalError as error:
            log.warning("the database did not say which map is live", extra={"error": str(error)})
        except Exception:  # whatever it is, PostGIS serves on, and this says so
            self._shelf = None
            self._not_before = time.monotonic() + RETRY_S
            log.exception("the drawn tiles were not followed; PostGIS serves them")

    def _look(self, files: TileFiles) -> None:
        with patient_read_transaction(self._source) as conn:
            self._watch(conn)
            head = head_version(conn)
            if head is None:
                return
            shelf = self._shelf
            if self._may_take(conn, files, head):
                shelf = self._from_file(conn, files) or shelf
            if shelf is not None and shelf.version != head:
                shelf = self._patched(conn, shelf, head)
            self._shelf = shelf
        kept = self._patched_at is None or time.monotonic() - self._patched_at < KEEP_AFTER_S
        if shelf is None or not kept:
            self._start_drawing(files)

    def _may_take(self, conn: Connection[Any], files: TileFiles, head: MapVersion) -> bool:
        """Whether a file may be better than what is served: nothing, or a patched map."""
        if self._shelf is None:
            return self._refused != head.version or files.latest(conn) == head.version
        return self._patched_at is not None and files.latest(conn) == self._shelf.version.version

    def _from_file(self, conn: Connection[Any], files: TileFiles) -> Shelf | None:
        depths = depths_of(conn, self._layers)
        found = files.newest(conn, scheme_of(self._layers, depths))
        if found is None:
            return None
        version, drawings = found
        log.info("drawn tiles are served", extra={"version": version.version})
        before, self._patched_at = self._shelf, None
        cache = TileCache() if before is None or before.version != version else before.cache
        shelf = Shelf(version, depths, drawings, cache)
        shelf.warm()
        return shelf

    def _patched(self, conn: Connection[Any], shelf: Shelf, head: MapVersion) -> Shelf | None:
        """Make the tiles of the head out of those before; None if too much has changed."""
        before, version = shelf.version.version, head.version
        change = change_between(conn, shelf.drawings.tree, before, version)
        if version < before or max(len(change.reshaped), len(change.said)) > MOST_PATCHED:
            self._refused = version
            return None
        drawings, altered = shelf.drawings.followed(
            change, partial(shapes_of, conn, version, datum=self._datum)
        )
        self._patched_at = time.monotonic()
        log.info("drawn tiles are patched", extra={"version": version})
        return shelf.followed(head, drawings, altered)

    def _start_drawing(self, files: TileFiles) -> None:
        """Start a process that draws, unless one runs: of all workers, one starts it."""
        if self._drawing is not None and self._drawing.poll() is None:
            return
        self._claim.close()
        if time.monotonic() >= self._not_before and self._claim.enter_context(files.claim()):
            self._not_before = time.monotonic() + RETRY_S
            self._drawing = self._draw()


def depths_of(conn: Connection[Any], layers: Mapping[str, TileLayer]) -> dict[str, int]:
    """Depth of the level that each layer shows, of those that show one that the city has."""
    names = read_profile(conn).level_names
    levels = {name: str(layer.layer.parameters.get("level")) for name, layer in layers.items()}
    return {name: names.index(level) for name, level in levels.items() if level in names}
