"""`gridgeo serve` with some workers, for as long as a block lasts."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridgeo.db import ports
from gridgeo.db.dsn import Dsns

START_S = 600


@contextmanager
def serving(dsns: Dsns, folder: Path, workers: int) -> Iterator[int]:
    """Yield the port of a server on a database; its log and index lie in the folder."""
    port = ports.first_free(range(18_000, 18_900), "127.0.0.1")
    given = {
        "GRIDGEO_APP_DSN": dsns.app[:],
        "GRIDGEO_READER_DSN": dsns.reader[:],
        "GRIDGEO_VAR_DIR": str(folder),
        "GRIDGEO_WORKERS": str(workers),
    }
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gridgeo.cli", "serve", "--port", str(port)],
            env={**os.environ, **given},
            stdout=log,
            stderr=log,
        )
    try:
        _wait(process, port)
        yield port
    except AssertionError as error:
        faults = [line for line in (folder / "server.log").read_text().splitlines()
                  if 'Traceback' in line or '"error"' in line]  # fmt: skip
        raise AssertionError("\n".join([str(error), *faults[-1:]])) from error
    finally:
        process.terminate()
        process.wait(60)


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_S
    while not _is_ready(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the server on port {port} did not start")
        time.sleep(0.2)


def _is_ready(port: int) -> bool:
    try:
        url = f"http://127.0.0.1:{port}/health/ready"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
