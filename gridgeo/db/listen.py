"""Hearing of changes: a thread that waits for NOTIFY, and looks by itself when none comes."""

import logging
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import Connection, sql

log = logging.getLogger("gridgeo")

POLL_S = 0.5
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0


class Listener:
    """Calls `wake` when a channel is notified, after each connection, and at every poll.

    A notification may be lost with its connection, hence the poll. The server must be the primary:
    a standby does not listen. `wake` runs in the thread of the listener, one call at a time; it
    must not raise. A lost connection is made again after a pause that doubles up to
    `LONGEST_PAUSE_S`, and `wake` is called meanwhile all the same.

    Enter it to start, leave it to stop.
    """

    def __init__(
        self, dsn: str, channels: Sequence[str], wake: Callable[[], None], poll_s: float = POLL_S
    ) -> None:
        self._dsn = dsn
        self._channels = channels
        self._wake = wake
        self._poll_s = poll_s

    def __enter__(self) -> Self:
        """Start to listen."""
        self._stopping = threading.Event()
        self._near, self._far = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True, name="listener")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, once a call of `wake` that runs has come to its end."""
        self._stopping.set()
        self._far.send(b"\0")
        self._thread.join()
        self._near.close()
        self._far.close()

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            try:
                with psycopg.connect(
                    self._dsn, autocommit=True, application_name="gridgeo-listen"
                ) as conn:
                    self._subscribe(conn)
                    pause_s = FIRST_PAUSE_S
                    self._attend(conn)
            except psycopg.Error as error:
                log.warning(
                    "cannot listen for changes", extra={"error": str(error), "again_in_s": pause_s}
                )
                self._wake()
                self._stopping.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _subscribe(self, conn: Connection[Any]) -> None:
        for channel in self._channels:
            conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))

    def _attend(self, conn: Connection[Any]) -> None:
        with selectors.DefaultSelector() as waiting:
            waiting.register(conn.fileno(), selectors.EVENT_READ)
            waiting.register(self._near, selectors.EVENT_READ)
            while not self._stopping.is_set():
                self._wake()
                waiting.select(self._poll_s)
                list(conn.notifies(timeout=0))  # many are one reason to look
