"""The servers that tiles are asked of, each for as long as a block lasts, on the loopback.

`Peer.path` says how a server wants a tile named. Each has one process that serves, and as many of
the database's as help it; MapServer, which answers one question at a time, has two.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.peers import Unavailable
from gridgeo.db import ports
from gridgeo.db.dsn import Dsn

HERE = Path(__file__).parent
START_S = 120
CORES = 2
OURS = "/tiles/micro_grid/{z}/{x}/{y}.mvt"

Tile = tuple[int, int, int]


@dataclass(frozen=True)
class Peer:
    """A server that is up: its port, and the path of a tile there."""

    port: int
    path: str = OURS

    def targets(self, tiles: Sequence[Tile]) -> list[str]:
        """What to ask it for, to get these tiles."""
        return [self.path.format(z=z, x=x, y=y) for z, x, y in tiles]


@contextmanager
def tipg(dsn: Dsn, folder: Path) -> Iterator[Peer]:
    """TiPG on `bench_tile`, its cap lifted, its buffer ours."""
    given = {
        "DATABASE_URL": dsn[:],
        "TIPG_DB_TABLES": '["public.bench_tile"]',
        "TIPG_DB_DATETIME_EXTENT": "false",
        "TIPG_MAX_FEATURES_PER_TILE": "1000000000",
        "TIPG_TILE_BUFFER": "64",
        "TIPG_CATALOG_TTL": "86400",
    }
    with _uvicorn(["tipg.main:app"], given, folder / "tipg.log") as port:
        path = "/collections/public.bench_tile/tiles/WebMercatorQuad/{z}/{x}/{y}"
        yield Peer(port, path)


@contextmanager
def raw(dsn: Dsn, folder: Path) -> Iterator[Peer]:
    """`ST_AsMVT` by a prepared statement, behind FastAPI."""
    given = {"BENCH_DSN": dsn[:]}
    with _uvicorn(["bench.tile_peers:raw", "--factory"], given, folder / "raw.log") as port:
        yield Peer(port)


@contextmanager
def bare(folder: Path) -> Iterator[Peer]:
    """A FastAPI route that returns stored bytes: those under `files` in the folder."""
    given = {"BENCH_FILES": str(folder / "files")}
    with _uvicorn(["bench.tile_peers:bare", "--factory"], given, folder / "bare.log") as port:
        yield Peer(port)


@contextmanager
def nginx(folder: Path) -> Iterator[Peer]:
    """One worker of nginx that answers from the files under `files` in the folder."""
    program = _program("nginx", "nginx-light")
    port = _free_port()
    config = _filled("nginx.conf", folder, {"folder": str(folder), "port": str(port)})
    command = [program, "-p", str(folder), "-e", str(folder / "nginx.log"), "-c", str(config)]
    with _running(command, {}, folder / "nginx.out", port):
        yield Peer(port)


@contextmanager
def mapserver(dsn: Dsn, folder: Path) -> Iterator[Peer]:
    """Two processes of MapServer on `bench_tile`, behind nginx."""
    program = _program("mapserv", "cgi-mapserver")
    said = dsn.parameters
    connection = " ".join(f"{key}={said[key]}" for key in ("host", "port", "user", "password"))
    words = {"connection": f"{connection} dbname={said['dbname']}"}
    _filled("mapserver.map", folder, words)
    config = folder / "mapserver.conf"
    config.write_text("CONFIG\n  ENV\n  END\nEND\n")
    given = {"MAPSERVER_CONFIG_FILE": str(config)}
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        path = folder / "mapserv.sock"
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(0o777)
        listener.listen(64)
        for number in range(CORES):  # FastCGI: a process finds its listening socket as input
            log = folder / f"mapserv{number}.log"
            stack.enter_context(_process([program], given, log, stdin=listener.fileno()))
        served = stack.enter_context(nginx(folder))
        yield Peer(served.port, "/mapserv?mode=tile&tilemode=gmap&layers=all&tile={x}+{y}+{z}")


def _program(name: str, package: str) -> str:
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/lib/cgi-bin"])
    found = shutil.which(name, path=places)
    if found is None:
        raise Unavailable(f"not available: apt-get install --no-install-recommends {package}")
    return found


def _filled(name: str, target: Path, words: Mapping[str, str]) -> Path:
    """Copy a file of settings into a folder, what stands between @ replaced."""
    text = (HERE / name).read_text(encoding="utf-8")
    for key, value in words.items():
        text = text.replace(f"@{key}@", value)
    path = target / name
    path.write_text(text, encoding="utf-8")
    return path


def _free_port() -> int:
    return ports.first_free(range(18_000, 18_900))


@contextmanager
def _uvicorn(arguments: list[str], given: Mapping[str, str], log: Path) -> Iterator[int]:
    port = _free_port()
    quiet = ["--no-access-log", "--log-level", "warning"]
    command = [sys.executable, "-m", "uvicorn", *arguments, *quiet, "--port", str(port)]
    with _running(command, given, log, port):
        yield port


@contextmanager
def _running(command: list[str], given: Mapping[str, str], log: Path, port: int) -> Iterator[None]:
    """Run a server until the block ends; the block begins when it takes connections."""
    with _process(command, given, log) as process:
        deadline = time.monotonic() + START_S
        while not _takes_connections(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{command[0]} did not start: {log.read_text()}")
            time.sleep(0.1)
        yield


def _takes_connections(port: int) -> bool:
    try:
        with socket.create_connection((ports.LOOPBACK, port), timeout=5):
            return True
    except ConnectionRefusedError:
        return False


@contextmanager
def _process(
    command: list[str], given: Mapping[str, str], log: Path, stdin: int = subprocess.DEVNULL
) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, env={**os.environ, **given}, stdin=stdin, stdout=stream, stderr=stream
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:  # MapServer waits for one more request
            process.kill()
            process.wait(30)
