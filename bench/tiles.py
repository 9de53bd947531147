"""Micro-grid tiles over HTTP, cold and warm, beside raw `ST_AsMVT` and a bare route.

One process of each under the same uvicorn, over the loopback, in turn; four connections keep
asking. Cold: every tile once, by a server that has just started; the raw statement over a table in
EPSG:3857 with its index, its pages in memory. Warm: the same tiles again, beside a FastAPI route
that returns one of them. No answer is packed. The city of blocks has as many leaves as Zhengzhou,
of 44 corners; `BENCH_ROWS` and `BENCH_COLUMNS` set another size.
"""

import os
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import psycopg
import shapely

from bench.http_load import load
from bench.http_locate import CONNECTIONS, _get, _uvicorn
from bench.tile_city import store_lattice_city
from bench.tile_peers import PREPARE
from gridgeo.app import catalogue
from gridgeo.db import migrate
from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import new_passwords, prepare_database
from gridgeo.db.dsn import Dsns
from gridgeo.locate.index_file import IndexFiles
from gridgeo.locate.store import load_head
from gridgeo.settings import ROOT
from gridgeo.tiles.ahead import draw_head
from gridgeo.tiles.kept import TileFiles

COLUMNS = ("what", "requests/s", "p50 ms", "mean KB", "ratio")

ZOOMS = {12: 60, 14: 300, 16: 900}
"""How many tiles of each zoom are asked for."""

ROUNDS = 2

Row = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Measured:
    """Rate a second and median milliseconds of the best of some rounds."""

    rate: float
    p50_ms: float


def run() -> list[Row]:
    """Measure all zooms."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)
        cluster = Cluster(folder / "postgres", durable=False)
        stack.callback(cluster.purge)
        dsns = prepare_database(cluster.start(), "bench", new_passwords())
        migrate.upgrade(dsns.owner)
        rows = int(os.environ.get("BENCH_ROWS", "200"))
        columns = int(os.environ.get("BENCH_COLUMNS", "292"))
        box = shapely.total_bounds(store_lattice_city(dsns.owner, rows, columns).shapes)
        with psycopg.connect(dsns.owner, autocommit=True) as conn:
            for statement in PREPARE:
                conn.execute(statement)
        files = IndexFiles(folder / "index")
        with psycopg.connect(dsns.reader) as conn, files.locked():
            files.kept(conn, load_head(conn))
        began = time.process_time()
        layers = catalogue(ROOT / "tiles").covers
        draw_head(dsns.reader, TileFiles(folder / "index"), layers, lambda zoom: None)
        drawn = f"drawing {rows * columns:,} leaves, CPU s: {time.process_time() - began:.0f}"
        made = [row for zoom in ZOOMS for row in _zoom(dsns, folder, zoom, box)]
        return [(drawn, "", "", "", ""), *made]


def _zoom(dsns: Dsns, folder: Path, zoom: int, box: np.ndarray) -> list[Row]:
    targets = _targets(zoom, box)
    given = {
        "GRIDGEO_APP_DSN": dsns.app[:],
        "GRIDGEO_READER_DSN": dsns.reader[:],
        "GRIDGEO_INDEX_DIR": str(folder / "index"),
    }
    ours, raws, warms = [], [], []
    for _ in range(ROUNDS):
        with _uvicorn("gridgeo.cli.worker:application", given) as server:
            _wait_until_drawn(server.port)
            ours.append(_asked(server.port, targets))
            warms.append(_asked(server.port, targets * 3))
            sizes = [len(_get(server.port, target)) for target in targets[::10]]
            (folder / "tile").write_bytes(_get(server.port, targets[0]))
    with _uvicorn("bench.tile_peers:raw", {"BENCH_DSN": dsns.reader[:]}) as server:
        _asked(server.port, targets[::5])
        raws = [_asked(server.port, targets) for _ in range(ROUNDS)]
        raw_sizes = [len(_get(server.port, target)) for target in targets[::10]]
    with _uvicorn("bench.tile_peers:bare", {"BENCH_ANSWER": str(folder / "tile")}) as server:
        bares = [_asked(server.port, targets * 3) for _ in range(ROUNDS)]
    raw, bare = _best(raws), _best(bares)
    return [
        _row(f"z{zoom} cold, gridgeo", _best(ours), sizes, raw),
        _row(f"z{zoom} cold, raw ST_AsMVT", raw, raw_sizes, raw),
        _row(f"z{zoom} warm, gridgeo", _best(warms), sizes, bare),
        _row(f"z{zoom} warm, bare FastAPI, one tile", bare, sizes[:1], bare),
    ]


def _targets(zoom: int, box: np.ndarray) -> list[str]:
    """Tiles of the middle of the city, by chance, each once."""
    west, south, east, north = box
    lon, lat = np.array([west, east]), np.radians([north, south])
    x = (lon / 360 + 0.5) * 2**zoom
    y = (0.5 - np.arctanh(np.sin(lat)) / (2 * np.pi)) * 2**zoom
    columns, rows = (range(int(ends[0]) + 1, int(ends[1])) for ends in (x, y))
    tiles = list(product(columns, rows))
    chosen = np.random.default_rng(zoom).permutation(tiles)[: ZOOMS[zoom]]
    return [f"/tiles/micro_grid/{zoom}/{i}/{j}.mvt" for i, j in chosen.tolist()]


def _wait_until_drawn(port: int) -> None:
    while b'"tiles":"drawn"' not in _get(port, "/health/ready"):
        time.sleep(0.2)


def _asked(port: int, targets: list[str]) -> Measured:
    began = time.perf_counter()
    seconds = load(port, targets, CONNECTIONS)
    return Measured(len(targets) / (time.perf_counter() - began), float(np.median(seconds)) * 1e3)


def _best(rounds: list[Measured]) -> Measured:
    return max(rounds, key=lambda one: one.rate)


def _row(name: str, found: Measured, sizes: list[int], base: Measured) -> Row:
    ratio = f"{found.rate / base.rate:.2f}"
    return name, f"{found.rate:,.0f}", f"{found.p50_ms:.2f}", f"{np.mean(sizes) / 1e3:.1f}", ratio
