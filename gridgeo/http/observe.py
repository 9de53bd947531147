"""What an operator sees of each request: its id, a line in the log, and Prometheus metrics."""

import os
import re
from functools import cache
from pathlib import Path
from random import getrandbits

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.types import Scope

from gridgeo.db import process
from gridgeo.http.logs import log_request
from gridgeo.locate.live import Standing

SECONDS = Histogram(
    "gridgeo_request_seconds", "Time to answer a request.", ["method", "route", "status"]
)

INDEX_VERSION = Gauge(
    "gridgeo_index_version", "Map version by which the slowest worker answers.",
    multiprocess_mode="livemin",
)  # fmt: skip
HEAD_VERSION = Gauge(
    "gridgeo_head_version", "Newest map version that a worker has seen.",
    multiprocess_mode="livemax",
)  # fmt: skip
BEHIND = Gauge(
    "gridgeo_index_behind_seconds", "For how long the slowest worker has answered by an old map.",
    multiprocess_mode="livemax",
)  # fmt: skip
FOLLOWED = Counter(
    "gridgeo_index_followed", "Map versions brought into memory: by file, patch, reload; failed.",
    ["how"],
)  # fmt: skip

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class IndexMetrics:
    """Metrics of how this process follows the map."""

    def followed(self, how: str) -> None:
        """Count a version brought into memory by `file`, `patch` or `reload`, or `failed`."""
        FOLLOWED.labels(how).inc()

    def stands(self, standing: Standing) -> None:
        """Show which version answers, the newest, and for how long they have differed."""
        INDEX_VERSION.set(standing.version or 0)
        HEAD_VERSION.set(standing.head or 0)
        BEHIND.set(standing.behind_s)


def metrics_page() -> tuple[bytes, str]:
    """Return the metrics of all workers that live, or of this process when it stands alone."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        _forget_the_dead(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # untyped upstream
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _forget_the_dead(folder: Path) -> None:
    """Leave out what workers that are gone said of themselves."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdecimal() and not process.exists(int(pid)):
            mark_process_dead(int(pid), str(folder))  # type: ignore[no-untyped-call]  # untyped too


def request_id_of(scope: Scope) -> str:
    """Return the id that a request brings with it, if it is a plain word, or else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SAFE_ID.fullmatch(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return f"{getrandbits(128):032x}"


def noted(scope: Scope, request_id: str, status: int, seconds: float) -> None:
    """Log, count and time a request that was answered."""
    route = getattr(scope.get("route"), "path", "other")
    caller = scope.get("state", {}).get("caller")
    method = scope["method"] if scope["method"] in METHODS else "other"
    _seconds(method, route, status).observe(seconds)
    line = {
        "method": scope["method"],
        "path": scope["path"],
        "route": route,
        "status": status,
        "ms": round(seconds * 1e3, 2),
        "caller": caller.name if caller else "anonymous",
    }
    log_request(line, request_id)


@cache
def _seconds(method: str, route: str, status: int) -> Histogram:
    return SECONDS.labels(method, route, status)
