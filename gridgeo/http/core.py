"""What every answer of a server process rests on: its databases, the live city, its memory."""

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gridgeo.db.connect import pool
from gridgeo.db.listen import Listener
from gridgeo.dispatch.deciding import Desks, Memory
from gridgeo.dispatch.quick import QuickLocate
from gridgeo.errors import Unavailable
from gridgeo.http.observe import IndexMetrics
from gridgeo.http.shortcuts import AtOnce
from gridgeo.locate.index_file import IndexFiles
from gridgeo.locate.live import Live
from gridgeo.parties.array_files import ArrayFiles
from gridgeo.parties.books import Books
from gridgeo.settings import Settings

if TYPE_CHECKING:
    from gridgeo.parties.book import Book

CHANNELS = ("gridgeo_map", "gridgeo_rules")
"""What the database notifies at the commit of a new map version, of a new rule set."""


class Core:
    """Pools, memory and live city of a process, and `at_once`, which answers plain questions by it.

    Enter it, and all is at hand that can be. It may be entered again while it is open.

    Raises
    ------
    Unavailable
        The settings name no database.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.app_dsn is None:
            raise Unavailable("GRIDGEO_APP_DSN is not set; start the server by `gridgeo serve`.")
        folder, reader_dsn = settings.index_dir, settings.reader_dsn or settings.app_dsn
        self.dsn = settings.app_dsn.value
        self.pool = pool(self.dsn, settings)
        self.read_pool = pool(reader_dsn.value, settings, "gridgeo-read")
        self.memory = Memory(
            books=Books(files=None if folder is None else ArrayFiles(folder / "book"))
        )
        self.live: Live[Book] = Live(
            self.read_pool,
            self.memory.indexes,
            None if folder is None else IndexFiles(folder),
            self.memory.books.now,
            IndexMetrics(),
        )
        self.at_once = AtOnce()
        self.at_once.shortcuts = [QuickLocate(Desks(self.live, self.memory, self.read_pool))]
        self._woken: tuple[Callable[[], None], ...] = (self.live.refresh, self._renew)
        self._listener = Listener(self.dsn, CHANNELS, self._wake)
        self._open = 0

    def wake_too(self, *calls: Callable[[], None]) -> None:
        """Have these called too when map or rules may have changed, after the city has followed."""
        self._woken += calls

    def _renew(self) -> None:
        self.memory.books.renew(self.read_pool)

    def _wake(self) -> None:
        for call in self._woken:
            call()

    def __enter__(self) -> Self:
        """Open the pools, bring the city into memory, and follow the map from now on."""
        self._open += 1
        if self._open == 1:
            with ExitStack() as stack:
                stack.enter_context(self.read_pool)
                self.live.open()
                stack.enter_context(self.pool)
                stack.enter_context(self._listener)
                self._closing = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all again, once nobody uses it any more."""
        self._open -= 1
        if self._open == 0:
            self._closing.close()
