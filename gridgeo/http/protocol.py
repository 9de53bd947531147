"""HTTP/1.1 as uvicorn speaks it, but a worker that is replaced leaves nobody unanswered."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

GRACE_S = 0.5
"""A connection that is just open may have a request on its way: it is closed only after so long."""


class PatientProtocol(HttpToolsProtocol):
    """Closes a connection without a running request a little later than uvicorn would.

    A worker that stops takes no new connections; those that it took a moment before would be reset
    with their first question unread.
    """

    def shutdown(self) -> None:
        """End the connection, after the answer that is being given if there is one."""
        first = self.cycle is None
        if first or self.cycle.response_complete:
            asyncio.get_running_loop().call_later(GRACE_S, super().shutdown)
        else:
            super().shutdown()
