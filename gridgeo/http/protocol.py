"""HTTP/1.1 as uvicorn speaks it, with a shorter way to plain answers and a later end.

A plain question is answered where its bytes arrive: no task, no ASGI messages. Everything else, and
every connection with an answer still under way, goes through uvicorn.
"""

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from gridgeo.http.shortcuts import Answer, AtOnce

if TYPE_CHECKING:
    from starlette.types import Scope

GRACE_S = 0.5
"""A connection that is just open may have a request on its way: it is closed only after so long."""

AT_ONCE = "at_once"
"""Under this name an application's lifespan state holds its `AtOnce`."""

_QUICK_METHODS = frozenset({b"GET", b"HEAD"})

_ANSWERED = cast(
    "RequestResponseCycle",
    SimpleNamespace(response_complete=True, message_event=asyncio.Event()),
)
"""What stands for the request of a connection that was answered at once."""


class PatientProtocol(HttpToolsProtocol):
    """Answers at once what can be, and closes a connection without a running request a little late.

    A worker that stops takes no new connections; those that it took a moment before would be reset
    with their first question unread.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._at_once: AtOnce | None = self.app_state.get(AT_ONCE)

    def on_headers_complete(self) -> None:
        """Answer a request, or have it taken up in the usual way."""
        if self._is_quick() and self._answered():
            return
        self._unset_keepalive_if_required()  # of an answer at once to bytes that came with these
        super().on_headers_complete()

    def shutdown(self) -> None:
        """End the connection, after the answer that is being given if there is one."""
        if not self._is_under_way():
            asyncio.get_running_loop().call_later(GRACE_S, super().shutdown)
        else:
            super().shutdown()

    def _is_quick(self) -> bool:
        """Whether a request may be answered now: none before it waits, nor does the client."""
        return (
            self._at_once is not None
            and not self._is_under_way()
            and self.parser.get_method() in _QUICK_METHODS
            and not self.parser.should_upgrade()
            and not self.flow.write_paused
            and not self.transport.is_closing()
        )

    def _is_under_way(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _answered(self) -> bool:
        path, _, query = self.url.partition(b"?")
        scope = cast("Scope", self.scope)
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["path"], scope["query_string"] = path.decode("latin-1"), query
        if self._at_once is None or not self._at_once.answered(scope, self._write):
            return False
        self.cycle = _ANSWERED
        self.on_response_complete()
        return True

    def _write(self, answer: Answer) -> None:
        status, headers, body = answer
        is_last = not self.parser.should_keep_alive()
        if is_last:
            headers = [*headers, (b"connection", b"close")]
        lines = map(b": ".join, (*self.server_state.default_headers, *headers))
        head = STATUS_LINE[status] + b"\r\n".join(lines) + b"\r\n\r\n"
        self.transport.writelines((head,) if self.scope["method"] == "HEAD" else (head, body))
        if is_last:
            self.transport.close()
