"""A limit on what a request may bring: its body, before anything reads it."""

import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class LimitBody:
    """ASGI middleware: answer 413 once a body is larger than `max_bytes`, declared or not.

    Whoever reads a body that grows over the limit meets a disconnected client; what it then says is
    replaced by the 413.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _declared(scope) > self.max_bytes:
            await self._refuse(send)
            return
        seen = 0
        started = refused = False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return {"type": "http.disconnect"} if seen > self.max_bytes else message

        async def noting(message: Message) -> None:
            nonlocal started, refused
            if seen > self.max_bytes and not started:
                if not refused:
                    refused = True
                    await self._refuse(send)
                return
            started = True
            await send(message)

        await self.app(scope, counted, noting)

    async def _refuse(self, send: Send) -> None:
        body = json.dumps(
            {
                "type": "about:blank",
                "title": "Content Too Large",
                "status": 413,
                "code": "too_large",
                "detail": f"A request body may hold at most {self.max_bytes} bytes; send less.",
                "key": "body",
                "value": None,
                "problems": [],
            }
        ).encode()
        headers = [(b"content-type", b"application/problem+json")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
