"""What an operator sees: structured log lines with request ids, and Prometheus metrics."""

import logging
import os
import re
import sys
import time
import uuid
from typing import TYPE_CHECKING

import structlog
from fastapi import Request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridgeo.http.faults import on_fault

if TYPE_CHECKING:
    from collections.abc import Callable

REQUESTS = Counter("gridgeo_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram("gridgeo_request_seconds", "Time to answer a request.", ["route"])

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = structlog.get_logger("gridgeo")


def configure_logging(level: str, form: str) -> None:
    """Send log lines to standard error: one JSON object each, or in colours for people."""
    last: Callable[..., object] = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            last,  # type: ignore[list-item]  # JSONRenderer and ConsoleRenderer share no base
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def metrics_page() -> tuple[bytes, str]:
    """Return the metrics of all workers, or of this process when it stands alone."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # untyped upstream
    return generate_latest(registry), CONTENT_TYPE_LATEST


class Observe:
    """ASGI middleware: give each request an id, log it, count it, time it, answer its faults."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        status = None
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_id)
            except Exception as error:
                if status is not None:
                    raise
                await on_fault(Request(scope), error)(scope, receive, send_with_id)
            finally:
                _note(scope, status or 500, time.perf_counter() - started)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SAFE_ID.fullmatch(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return uuid.uuid4().hex


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "other")
    caller = scope.get("state", {}).get("caller")
    method = scope["method"] if scope["method"] in METHODS else "other"
    REQUESTS.labels(method, route, status).inc()
    SECONDS.labels(route).observe(seconds)
    log.info(
        "request",
        method=scope["method"],
        path=scope["path"],
        route=route,
        status=status,
        ms=round(seconds * 1e3, 2),
        caller=caller.name if caller else "anonymous",
    )
