"""`/locate` over HTTP: one worker of ours beside a bare FastAPI route, and one that asks PostGIS.

All run under the same uvicorn, one process each, over the loopback, in turn; four connections keep
asking for seeded points of the small demo city (`BENCH_CITY=zhengzhou` for the whole one), after
each server has answered them all once. The ratio is that of the rates; "CPU ms" is what the
server's process used for an answer, which other work on the machine disturbs less.
`BENCH_REQUESTS` sets the requests of a round (default 4,000).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.http_load import load
from gridgeo.cli.demo import DemoCity, ensure_demo_city
from gridgeo.db import migrate, ports
from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import new_passwords, prepare_database
from gridgeo.db.dsn import Dsns
from gridgeo.settings import Settings

COLUMNS = ("server", "requests/s", "p50 ms", "p99 ms", "CPU ms", "rate to the bare route")

ROUNDS = 5
CONNECTIONS = 4
START_S = 120
BATCH = 100_000

Row = tuple[str, str, str, str, str, str]


@dataclass
class Server:
    """A process that serves, what it is asked for, and what was measured."""

    process: "subprocess.Popen[bytes]"
    port: int
    seconds: list[NDArray[np.float64]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    def ask(self, targets: list[str]) -> None:
        """Measure one round."""
        cpu, began = self._cpu(), time.perf_counter()
        seconds = load(self.port, targets, CONNECTIONS)
        self.rates.append(len(targets) / (time.perf_counter() - began))
        self.cpu_s.append((self._cpu() - cpu) / len(targets))
        self.seconds.append(seconds)

    def _cpu(self) -> float:
        """Seconds of processor time that the process has used; clock as `clock_getcpuclockid`."""
        return time.clock_gettime((~self.process.pid << 3) | 2)


def run() -> list[Row]:
    """Measure all servers in turn, then the batch forms of ours."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)
        dsns = stack.enter_context(city(folder))
        ours = stack.enter_context(_ours(dsns, folder))
        points = _points(ours.port, 20_000)
        targets = [f"/locate?lon={lon:.7f}&lat={lat:.7f}" for lon, lat in points]
        servers = {"gridgeo GET /locate": ours, **_peers(stack, dsns, folder, ours.port, targets)}
        number = int(os.environ.get("BENCH_REQUESTS", "4000"))
        for server in servers.values():
            load(server.port, targets, CONNECTIONS)
        for turn in range(ROUNDS):
            part = np.roll(np.array(targets), -turn * number)[:number].tolist()
            for server in servers.values():
                server.ask(part)
        base = statistics.median(servers["bare FastAPI, the same bytes"].rates)
        return [*(_row(name, s, base) for name, s in servers.items()), *_batches(ours, points)]


@contextmanager
def city(folder: Path) -> Iterator[Dsns]:
    """Yield a database with the demo city that BENCH_CITY names, in a cluster in the folder."""
    cluster = Cluster(folder / "postgres", durable=False)
    try:
        dsns = prepare_database(cluster.start(), "bench", new_passwords())
        migrate.upgrade(dsns.owner)
        wanted: DemoCity = "zhengzhou" if os.environ.get("BENCH_CITY") == "zhengzhou" else "small"
        ensure_demo_city(dsns.owner, Settings(), lambda text, share=None: None, wanted)
        yield dsns
    finally:
        cluster.purge()


def _peers(
    stack: ExitStack, dsns: Dsns, folder: Path, port: int, targets: list[str]
) -> dict[str, Server]:
    answer = folder / "answer.json"
    sizes = sorted((_get(port, target) for target in targets[:99]), key=len)
    answer.write_bytes(sizes[len(sizes) // 2])
    given = {"BENCH_ANSWER": str(answer), "BENCH_DSN": dsns.reader[:]}
    return {
        name: stack.enter_context(_uvicorn(f"bench.http_peers:{factory}", given))
        for name, factory in (
            ("bare FastAPI, the same bytes", "bare"),
            ("FastAPI asks PostGIS, prepared", "postgis"),
        )
    }


@contextmanager
def _ours(dsns: Dsns, folder: Path) -> Iterator[Server]:
    """Start a worker as `gridgeo serve` does, log file and metrics included."""
    metrics = folder / "metrics"
    metrics.mkdir()
    given = {
        "GRIDGEO_APP_DSN": dsns.app[:],
        "GRIDGEO_READER_DSN": dsns.reader[:],
        "GRIDGEO_INDEX_DIR": str(folder / "index"),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
    }
    with _started(["-m", "bench.worker"], given, folder / "first.log"):
        pass  # it leaves an index file, which the other maps into its memory
    with _started(["-m", "bench.worker"], given, folder / "server.log") as server:
        yield server


@contextmanager
def _uvicorn(factory: str, given: dict[str, str], log: Path = Path(os.devnull)) -> Iterator[Server]:
    command = ["-m", "uvicorn", factory, "--factory", "--no-access-log", "--log-level", "warning"]
    with _started(command, given, log) as server:
        yield server


@contextmanager
def _started(command: list[str], given: dict[str, str], log: Path) -> Iterator[Server]:
    port = ports.first_free(range(18_000, 18_900), "127.0.0.1")
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, *command, "--port", str(port)],
            env={**os.environ, **given},
            stdout=stream,
            stderr=stream,
        )
    try:
        _wait(process, port)
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            _get(port, "/openapi.json")
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the server on port {port} did not start") from None
            time.sleep(0.1)


def _get(port: int, target: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{target}", timeout=60) as answer:
        return bytes(answer.read())


def _points(port: int, number: int) -> NDArray[np.float64]:
    """Points spread over the city, and one in fifty outside it."""
    units = json.loads(_get(port, "/units?level=city"))
    box = np.array(units["features"][0]["bbox"])
    points = np.random.default_rng(1).uniform(box[:2], box[2:], (5 * number // 2, 2)).round(7)
    body = json.dumps({"points": points.tolist(), "fields": "reason"}).encode()
    answer = json.loads(_post(port, body, "application/json"))
    is_out = np.array([row["reason"] is not None for row in answer["results"]])
    is_out[np.flatnonzero(is_out)[::50]] = False
    return points[~is_out][:number]


def _post(port: int, body: bytes, media_type: str) -> bytes:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/locate", body, {"Content-Type": media_type}
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        return bytes(answer.read())


def _row(name: str, server: Server, base: float) -> Row:
    rate = statistics.median(server.rates)
    p50, p99 = np.percentile(np.concatenate(server.seconds), (50, 99)) * 1e3
    cpu_ms = statistics.median(server.cpu_s) * 1e3
    return name, f"{rate:,.0f}", f"{p50:.2f}", f"{p99:.2f}", f"{cpu_ms:.3f}", f"{rate / base:.2f}"


def _batches(server: Server, points: NDArray[np.float64]) -> list[Row]:
    many = np.resize(points, (BATCH, 2)).round(7).tolist()
    lean = json.dumps({"points": many, "fields": "code,reason"}).encode()
    lines = "".join(f"[{lon},{lat}]\n" for lon, lat in many).encode()
    return [
        _batch(server, "POST 100,000 NDJSON, whole answers", lines, "application/x-ndjson"),
        _batch(server, "POST 100,000, code,reason", lean, "application/json"),
    ]


def _batch(server: Server, name: str, body: bytes, media_type: str) -> Row:
    seconds = []
    for _ in range(3):
        Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")  # forget the highest memory
        before = _memory_mib(server.process.pid, "status", "VmRSS")
        began = time.perf_counter()
        received = len(_post(server.port, body, media_type))
        seconds.append(time.perf_counter() - began)
    peak = _memory_mib(server.process.pid, "status", "VmHWM")
    own = _memory_mib(server.process.pid, "smaps_rollup", "Private_Dirty")
    said = f"{name}: {min(seconds):.2f} s, {received / 1e6:.0f} MB"
    memory = f"{peak:,.0f} MiB resident, {own:,.0f} of them written, {peak - before:,.0f} more"
    return f"{said}, {memory}", "", "", "", "", ""


def _memory_mib(pid: int, file: str, key: str) -> float:
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024
