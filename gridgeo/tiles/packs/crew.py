"""Blocks of tiles made by several processes, which share one map and see one instant of it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from psycopg import Connection, IsolationLevel, connect
from psycopg.sql import SQL, Literal

from gridgeo.db.sql import statement
from gridgeo.errors import Unavailable
from gridgeo.tiles.packs.area import Area
from gridgeo.tiles.packs.blocks import Block, Place
from gridgeo.tiles.packs.press import Press, Recipe, packed
from gridgeo.tiles.packs.staging import Numbered, Stage

EXPORT_SNAPSHOT = statement(__package__, "export_snapshot")

AHEAD = 3
"""So many blocks for each process are handed out at a time."""

Task = tuple[int, Block]
"""A block and its number."""


@dataclass(frozen=True)
class Work:
    """What each process has to know.

    Parameters
    ----------
    dsn
        Of the database; a secret.
    snapshot
        The instant of the database that all see, see `snapshot_of`.
    recipe
        What the tiles are made of.
    area
        Which tiles of a block are made.
    stage
        Where blocks are kept.
    before
        Of an earlier version: only tiles that differ are kept, those that became empty as nothing.
    numbers
        The tiles that may differ; any may where they are not said.
    """

    dsn: str
    snapshot: str
    recipe: Recipe
    area: Area
    stage: Stage
    before: Recipe | None = None
    numbers: frozenset[int] | None = None

    def tiles(self, block: Block) -> list[tuple[int, Place]]:
        """Return the tiles of a block to make, ascending."""
        found = self.area.ground.tiles(block)
        wanted = self.numbers
        return found if wanted is None else [tile for tile in found if tile[0] in wanted]


def snapshot_of(conn: Connection[Any]) -> str:
    """Return the instant that a connection sees, for others to see too while its transaction lasts.

    The connection reads repeatably.
    """
    row = conn.execute(EXPORT_SNAPSHOT).fetchone()
    return str(row[0]) if row else ""


def make_blocks(work: Work, tasks: Sequence[Task], processes: int) -> Iterator[int]:
    """Make blocks and keep them in the stage, in any order; yield as many as have become done.

    Raises
    ------
    OSError
        There is no room.
    Unavailable
        A process was killed.
    """
    if min(processes, len(tasks)) <= 1:
        with _at_work(work) as make:
            for task in tasks:
                make(task)
                yield 1
        return
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        processes, mp_context=spawned, initializer=_begin, initargs=(work,)
    ) as pool:
        try:
            yield from _in_turn(pool, tasks, processes * AHEAD)
        except BrokenProcessPool:
            raise Unavailable(
                "A process that made tiles was killed, perhaps for want of memory. Run the same "
                "again: what is done stays, and --processes 1 takes the least memory."
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _in_turn(pool: ProcessPoolExecutor, tasks: Sequence[Task], most: int) -> Iterator[int]:
    """Hand out tasks, not more than so many at a time."""
    waiting, rest = set[Future[None]](), iter(tasks)
    while True:
        waiting |= {pool.submit(_make, task) for task in islice(rest, most - len(waiting))}
        if not waiting:
            return
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for one in done:
            one.result()
        yield len(done)


# --- in each process -----------------------------------------------------------------------------

_HELD = ExitStack()
_MAKE: list[Any] = []


def _begin(work: Work) -> None:
    """Take up the work in a process of its own, which ends with the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()
    _MAKE.append(_HELD.enter_context(_at_work(work)))


def _end_after(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _make(task: Task) -> None:
    _MAKE[0](task)


@contextmanager
def _at_work(work: Work) -> Iterator[Any]:
    with connect(work.dsn) as conn:
        conn.isolation_level, conn.read_only = IsolationLevel.REPEATABLE_READ, True
        conn.execute(SQL("SET TRANSACTION SNAPSHOT {}").format(Literal(work.snapshot)))
        press = Press(conn, work.recipe)
        earlier = None if work.before is None else Press(conn, work.before)

        def make(task: Task) -> None:
            number, block = task
            places = work.tiles(block)
            made = press.tiles(block, places)
            kept = _full(made) if earlier is None else _other(made, earlier.tiles(block, places))
            work.stage.put(number, [(identity, packed(plain)) for identity, plain in kept])

        yield make


def _full(made: Iterator[Numbered]) -> Iterator[Numbered]:
    """Yield the tiles in which something lies."""
    return (tile for tile in made if tile[1])


def _other(made: Iterator[Numbered], before: Iterator[Numbered]) -> Iterator[Numbered]:
    """Yield the tiles that are other than they were."""
    return (tile for tile, old in zip(made, before, strict=True) if tile != old)
