"""What every request of the application goes through to be seen; see `observe`."""

import time

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridgeo.http.faults import on_fault
from gridgeo.http.logs import REQUEST_ID
from gridgeo.http.observe import noted, request_id_of


class Observe:
    """ASGI middleware: give each request an id, log it, count it, time it, answer its faults."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = request_id_of(scope)
        shown, status = request_id.encode(), None
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", shown)]
            await send(message)

        token = REQUEST_ID.set(request_id)
        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:
            if status is not None:
                raise
            await on_fault(Request(scope), error)(scope, receive, send_with_id)
        finally:
            REQUEST_ID.reset(token)
            noted(scope, request_id, status or 500, time.perf_counter() - started)
