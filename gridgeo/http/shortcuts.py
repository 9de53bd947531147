"""A way around the framework for questions that need none of it.

Router, middleware and dependencies cost more than the answer to a plain question. A shortcut sees
such a request first; what it does not answer takes the usual way.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridgeo.http import faults, origins
from gridgeo.http.observe import noted, request_id_of

Shortcut = Callable[[Scope], tuple[Message, Message] | None]
"""Returns start and body of an answer, and then leaves its route in the scope; or None.

It runs in the event loop: it must neither wait nor compute for long, nor log.
"""


class Service(FastAPI):
    """FastAPI with shortcuts; their answers get an id, a log line and a count like all others."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.shortcuts: Sequence[Shortcut] = ()

    def openapi(self) -> dict[str, Any]:
        """Return the API description, made once it is asked for: that takes half a second."""
        if self.openapi_schema is None:
            faults.describe(super().openapi())
        assert self.openapi_schema is not None
        return self.openapi_schema

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request at once, or pass it on."""
        began = time.perf_counter()
        for shortcut in self.shortcuts if scope["type"] == "http" else ():
            answer = shortcut(scope)
            if answer is not None:
                await _send(scope, send, answer, began)
                return
        await super().__call__(scope, receive, send)


async def _send(scope: Scope, send: Send, answer: tuple[Message, Message], began: float) -> None:
    start, body = answer
    request_id = request_id_of(scope)
    start["headers"] += [(b"x-request-id", request_id.encode()), *origins.HEADERS]
    await send(start)
    await send(body)
    noted(scope, request_id, start["status"], time.perf_counter() - began)


class HeadAsGet:
    """ASGI middleware: HEAD is answered as GET, without the body (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        asked = {**scope, "method": "GET"}
        try:
            await self.app(asked, receive, send)
        finally:
            scope.update({**asked, "method": "HEAD"})
