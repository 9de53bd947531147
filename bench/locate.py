"""Points placed per second: our index beside other engines, on the same city and points.

The polygons are the leaves of the stress city (`stress_city.py`). `BENCH_POINTS` sets the number of
clustered points (default 10,000,000); a slow peer is given the first part of the same points, and
each rate is an engine's own points over its own time. All answers are compared with ours: a peer
may answer another polygon for a point on a border, where several cover it, and nowhere else.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from bench import peers
from bench.clustered import clustered
from bench.stress_city import stress_city
from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import new_passwords, prepare_database
from gridgeo.geometry.point_index import NOWHERE, PointIndex

COLUMNS = ("engine", "points", "points/s", "min", "max", "to the best peer", "differs, on borders")

ROUNDS = 3
CORES = peers.CORES
CHUNK = 250_000  # points that a thread takes at once

Points = NDArray[np.float64]
Owners = NDArray[np.integer[Any]]
Row = tuple[str, ...]


def run() -> list[Row]:
    """Measure all engines in turn, on one machine, in one process."""
    leaves = stress_city()
    lon, lat = clustered(leaves.shapes, int(os.environ.get("BENCH_POINTS", "10000000")))
    index = PointIndex.build(leaves.shapes, codes=leaves.codes, snap=False)
    expected = index.locate(lon, lat)
    with _database() as conn:
        measured = [_peer(peer, leaves.shapes, index, expected, lon, lat) for peer in _peers(conn)]
    best = max(statistics.median(rates) for _, _, rates, _ in measured if rates)
    ours = [
        ("gridgeo, 1 thread", len(lon), _rates(lambda: index.locate(lon, lat), len(lon)), ""),
        (f"gridgeo, {CORES} threads", len(lon), _rates(_spread(index, lon, lat), len(lon)), ""),
    ]
    take = ("np.take, an array of the index's size", len(lon), _take_rates(index, len(lon)), "")
    return [_row(*line, best) for line in (*ours, *measured, take)]


def _peers(conn: psycopg.Connection[Any]) -> list[peers.Peer]:
    return [
        peers.Peer("SedonaDB", peers.sedonadb, 5),
        peers.Peer("DuckDB spatial", peers.duckdb, 5),
        peers.Peer("shapely STRtree", peers.strtree, 10),
        peers.Peer("geopandas.sjoin", peers.sjoin, 10),
        peers.Peer("PostGIS", peers.postgis(conn), 10),
    ]


@contextmanager
def _database() -> Iterator[psycopg.Connection[Any]]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        cluster = Cluster(Path(folder) / "postgres", durable=False)
        try:
            dsns = prepare_database(cluster.start(), "bench", new_passwords())
            with psycopg.connect(dsns.owner, autocommit=True) as conn:
                conn.execute("CREATE EXTENSION IF NOT EXISTS postgis")
                yield conn
        finally:
            cluster.purge()


def _peer(
    peer: peers.Peer,
    shapes: NDArray[np.object_],
    index: PointIndex,
    expected: Owners,
    lon: Points,
    lat: Points,
) -> tuple[str, int, list[float], str]:
    """Name, number of points, rates, and how its answers differ from ours."""
    number = len(lon) // peer.share
    x, y = lon[:number], lat[:number]
    try:
        join = peer.prepare(shapes)(x, y)
    except peers.Unavailable as reason:
        return peer.name, 0, [], str(reason)
    differing = np.flatnonzero(_owners(join(), number) != expected[:number])
    on_border = sum(len(index.locate_all(x[i], y[i])) > 1 for i in differing)
    rates = _rates(join, number)
    return peer.name, number, rates, f"{len(differing):,}, {on_border:,}"


def _owners(pairs: peers.Pairs, number: int) -> Owners:
    """Lowest polygon of each point, -1 for none."""
    point, polygon = pairs
    result = np.full(number, np.iinfo(np.int64).max)
    np.minimum.at(result, point, polygon.astype(np.int64))
    return np.where(result == np.iinfo(np.int64).max, NOWHERE, result)


def _spread(index: PointIndex, lon: Points, lat: Points) -> Callable[[], Owners]:
    """Locate in chunks that several threads take in turn."""
    pieces = -(-len(lon) // CHUNK)
    chunks = np.array_split(lon, pieces), np.array_split(lat, pieces)

    def locate() -> Owners:
        with ThreadPoolExecutor(CORES) as pool:
            return np.concatenate(list(pool.map(index.locate, *chunks)))

    return locate


def _take_rates(index: PointIndex, number: int) -> list[float]:
    table = np.zeros(int(index_mb(index) * 1e6) // 4, dtype=np.int32)
    cells = np.random.default_rng(2).integers(0, len(table), number)
    return _rates(lambda: table.take(cells), number)


def index_mb(index: PointIndex) -> float:
    """Size of an index's file, in 10**6 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        index.save(path)
        return path.stat().st_size / 1e6


def _rates(work: Callable[[], object], number: int) -> list[float]:
    """Points per second of each round."""
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        rates.append(number / (time.perf_counter() - began))
    return rates


def _row(name: str, number: int, rates: list[float], differing: str, best: float) -> Row:
    if not rates:
        return name, "", "not available", "", "", "", differing
    middle = statistics.median(rates)
    shown = [f"{rate:,.0f}" for rate in (middle, min(rates), max(rates))]
    return name, f"{number:,}", *shown, f"{middle / best:.2f}", differing
