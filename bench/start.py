"""From `gridgeo serve` to the first right answer, with the files of an earlier run in place.

The small demo city is made for it (`BENCH_CITY=zhengzhou` for the whole one, some minutes), or that
of the database which GRIDGEO_APP_DSN names is taken. The server is started `BENCH_ROUNDS` times
(default 7) after one start that writes its files; a round counts in full only on a machine that is
otherwise quiet, so the best is shown beside the median. CPU is that of all processes of the server.
"""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.http_locate import city
from gridgeo.db import ports
from gridgeo.db.dsn import Dsns

COLUMNS = ("workers", "until", "best s", "median s", "CPU s, best")

POINT = "/locate?lon=113.65&lat=34.75"
READY = "/health/ready"
LONGEST_S = 600

Row = tuple[str, str, str, str, str]


class Start(NamedTuple):
    """Seconds and CPU seconds until the first right answer, and until the server is ready."""

    first_s: float
    first_cpu_s: float
    ready_s: float
    ready_cpu_s: float


def run() -> Iterator[Row]:
    """Measure starts with one worker, and with two."""
    with tempfile.TemporaryDirectory() as name, _database(Path(name)) as given:
        for workers in (1, 2):
            environment = {
                **os.environ, **given,
                "GRIDGEO_VAR_DIR": name, "GRIDGEO_WORKERS": str(workers),
            }  # fmt: skip
            _start(environment, Path(name), is_first=True)
            rounds = int(os.environ.get("BENCH_ROUNDS", "7"))
            found = [_start(environment, Path(name)) for _ in range(rounds)]
            yield _row(workers, "first right answer", [(s.first_s, s.first_cpu_s) for s in found])
            yield _row(workers, "ready", [(s.ready_s, s.ready_cpu_s) for s in found])


def _row(workers: int, until: str, measured: list[tuple[float, float]]) -> Row:
    seconds, cpu_s = zip(*measured, strict=True)
    median = statistics.median(seconds)
    return str(workers), until, f"{min(seconds):.2f}", f"{median:.2f}", f"{min(cpu_s):.2f}"


@contextmanager
def _database(folder: Path) -> Iterator[dict[str, str]]:
    if "GRIDGEO_APP_DSN" in os.environ:
        yield {}
        return
    folder.chmod(0o711)
    with city(folder) as dsns:
        yield _named(dsns)


def _named(dsns: Dsns) -> dict[str, str]:
    return {"GRIDGEO_APP_DSN": dsns.app[:], "GRIDGEO_READER_DSN": dsns.reader[:]}


def _start(environment: dict[str, str], folder: Path, is_first: bool = False) -> Start:
    """Start a server, ask it, and stop it when all it does at its start is done.

    At the first time that is the drawing of the whole map for its tiles.
    """
    port = ports.first_free(range(18_000, 18_900), "127.0.0.1")
    command = [sys.executable, "-m", "gridgeo.cli", "serve", "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            answer = json.loads(_get(process, port, POINT))
            first_s, first_cpu_s = time.perf_counter() - began, _cpu_s(process.pid)
            assert answer["assignment"]["party"], answer
            _get(process, port, READY)
            ready_s, ready_cpu_s = time.perf_counter() - began, _cpu_s(process.pid)
            while is_first and json.loads(_get(process, port, READY))["tiles"] != "drawn":
                time.sleep(1.0)
            time.sleep(3.0)  # the other workers come, and the tiles are read
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    return Start(first_s, first_cpu_s, ready_s, ready_cpu_s)


def _get(process: "subprocess.Popen[bytes]", port: int, target: str) -> bytes:
    """Return the body of an answer with status 200, asked for again until there is one."""
    deadline = time.monotonic() + LONGEST_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                asked = f"GET {target} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
                connection.sendall(asked.encode())
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
        except ConnectionError:
            answer = b""
        if answer.startswith(b"HTTP/1.1 200"):
            return answer.partition(b"\r\n\r\n")[2]
        time.sleep(0.005)
    raise SystemExit("the server did not start")


def _cpu_s(session: int) -> float:
    """Seconds of processor time of all processes of a session that run."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[3]) == session:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
