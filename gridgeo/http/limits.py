"""Limits on what a request may bring: how large its body is, and how long it takes to come."""

import asyncio
import json
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

IDLE_S = 20.0
"""Longest wait for the next part of a body."""

WHOLE_S = 300.0
"""Longest time that a body may take to come."""


class LimitBody:
    """ASGI middleware: 413 once a body is larger than `max_bytes`, declared or not; 408 if slow.

    Whoever reads a body that grows over a limit meets a disconnected client; what it then says is
    replaced by the refusal.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _declared(scope) > self.max_bytes:
            await _refuse(send, *self.too_large())
        else:
            body = _Body(receive, send, self)
            await self.app(scope, body.receive, body.send)

    def too_large(self) -> tuple[int, str, str]:
        """Return status, code and detail of the refusal."""
        said = f"A request body may hold at most {self.max_bytes} bytes; send less."
        return 413, "too_large", said


class _Body:
    """The body of one request, as far as it has come."""

    def __init__(self, receive: Receive, send: Send, limit: LimitBody) -> None:
        self._receive, self._send, self._limit = receive, send, limit
        self._seen = 0
        self._is_whole = self._has_started = False
        self._deadline: float | None = None
        self._refusal: tuple[int, str, str] | None = None
        self._is_refused = False

    async def receive(self) -> Message:
        """Hand on the next part, or the word that the client is gone."""
        if self._is_whole:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._deadline = self._deadline or now + WHOLE_S
        try:
            async with asyncio.timeout_at(min(now + IDLE_S, self._deadline)):
                message = await self._receive()
        except TimeoutError:
            said = "The request body came too slowly; send it in smaller parts, or again."
            self._refusal = 408, "request_timeout", said
            return {"type": "http.disconnect"}
        self._seen += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._seen > self._limit.max_bytes:
            self._refusal = self._limit.too_large()
            return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        """Hand on a part of the answer, or the refusal in its place."""
        if self._refusal is None or self._has_started:
            self._has_started = True
            await self._send(message)
        elif not self._is_refused:
            self._is_refused = True
            await _refuse(self._send, *self._refusal)


async def _refuse(send: Send, status: int, code: str, detail: str) -> None:
    body = json.dumps(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "detail": detail,
            "key": "body",
            "value": None,
            "problems": [],
        }
    ).encode()
    headers = [(b"content-type", b"application/problem+json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
