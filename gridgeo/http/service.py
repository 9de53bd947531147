"""FastAPI with a way around it."""

from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from gridgeo.http import faults
from gridgeo.http.shortcuts import Answer, AtOnce


class Service(FastAPI):
    """FastAPI, but what can be answered at once is; see `http.shortcuts`.

    `http.protocol` asks `at_once` by itself, before there is a task for the request. Under any
    other server, and in tests, it is asked here.
    """

    def __init__(self, at_once: AtOnce, **settings: Any) -> None:
        super().__init__(**settings)
        self.at_once = at_once

    def openapi(self) -> dict[str, Any]:
        """Return the API description, made once it is asked for: that takes half a second."""
        if self.openapi_schema is None:
            faults.describe(super().openapi())
        assert self.openapi_schema is not None
        return self.openapi_schema

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request at once, or pass it on."""
        answers: list[Answer] = []
        if scope["type"] == "http" and self.at_once.answered(scope, answers.append):
            status, headers, body = answers[0]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        else:
            await super().__call__(scope, receive, send)


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
