"""A real server in processes of its own, for tests that need workers or a browser."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridgeo.db.dsn import Dsns

START_TIMEOUT_S = 60


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(dsns: Dsns, var_dir: Path, workers: int = 2) -> Iterator[str]:
    """The base URL of `gridgeo serve` on a database, until the block ends."""
    process, url = start(dsns, var_dir, workers)
    try:
        yield url
    finally:
        process.terminate()
        process.wait(30)


def start(dsns: Dsns, var_dir: Path, workers: int) -> tuple["subprocess.Popen[bytes]", str]:
    """Start a server and wait until it is ready."""
    port = free_port()
    environment = {
        **os.environ,
        "GRIDGEO_APP_DSN": dsns.app[:],
        "GRIDGEO_READER_DSN": dsns.reader[:],
        "GRIDGEO_VAR_DIR": str(var_dir),
        "GRIDGEO_WORKERS": str(workers),
    }
    with (var_dir / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gridgeo.cli", "serve", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _is_ready(url):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError((var_dir / "server.log").read_text())
        time.sleep(0.1)
    return process, url


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
