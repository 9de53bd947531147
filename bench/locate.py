"""Points placed per second: our index beside other engines, on the same city and points.

`BENCH_LEAVES` sets the rows and columns of the city (default 272x394, the stress city: 107,168
leaves), `BENCH_POINTS` the number of clustered points (default 10,000,000). A slow peer is given
the first part of the same points; every rate is the peer's own points over its own time.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray

from bench import peers
from bench.lattice_city import lattice_city
from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import new_passwords, prepare_database
from gridgeo.geometry.point_index import PointIndex

COLUMNS = ("engine", "points/s", "min", "max", "ratio to the best peer")

ROUNDS = 3
TRIALS = 20_000  # single points
SHARES = {"shapely STRtree": 20, "geopandas.sjoin": 20, "SedonaDB": 5, "PostGIS ST_Covers": 200}
"""What part of the points a peer is given: one in so many."""

Points = NDArray[np.float64]
Row = tuple[str, str, str, str, str]


def run() -> list[Row]:
    """Measure all engines in turn, and check that they agree off the borders."""
    rows, columns = (int(n) for n in os.environ.get("BENCH_LEAVES", "272x394").split("x"))
    city = lattice_city(rows=rows, columns=columns)
    shapes = city.shapes[city.is_leaf]
    lon, lat = clustered(shapes, int(os.environ.get("BENCH_POINTS", "10000000")))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        cluster = Cluster(Path(folder) / "postgres", durable=False)
        try:
            dsns = prepare_database(cluster.start(), "bench", new_passwords())
            with psycopg.connect(dsns.owner) as conn:
                conn.execute("CREATE EXTENSION IF NOT EXISTS postgis")
                return _measure(conn, shapes, lon, lat)
        finally:
            cluster.purge()


def clustered(shapes: NDArray[np.object_], number: int) -> tuple[Points, Points]:
    """Points around 500 places of the city, in random order; a few lie outside."""
    chance = np.random.default_rng(1)
    west, south, east, north = shapely.total_bounds(shapes)
    centres = chance.uniform((west, south), (east, north), (500, 2))
    spread = (east - west) / 60
    places = centres[chance.integers(0, 500, number)] + chance.normal(0, spread, (number, 2))
    return places[:, 0].copy(), places[:, 1].copy()


def _measure(
    conn: psycopg.Connection[Any], shapes: NDArray[np.object_], lon: Points, lat: Points
) -> list[Row]:
    built, index = _timed(lambda: PointIndex.build(shapes, snap=False))
    expected = index.locate(lon, lat)
    engines: dict[str, peers.Locate | None] = {
        "shapely STRtree": peers.strtree(shapes),
        "geopandas.sjoin": peers.sjoin(shapes),
        "SedonaDB": peers.sedonadb(shapes),
        "PostGIS ST_Covers": peers.postgis(conn, shapes),
    }
    peers.store_points(conn, *_part(lon, lat, SHARES["PostGIS ST_Covers"]))
    rates = {"gridgeo, 1 thread": _rates(index.locate, lon, lat)}
    rates["gridgeo, 2 threads"] = _rates(lambda x, y: _by_two(index, x, y), lon, lat)
    for name, locate in engines.items():
        if locate is not None:
            x, y = _part(lon, lat, SHARES[name])
            differing = int((locate(x, y) != expected[: len(x)]).sum())
            rates[f"{name} (differs at {differing} of {len(x):,})"] = _rates(locate, x, y)
    rates["np.take over an array of the index's size"] = _take_rates(index, lon)
    best = max(statistics.median(r) for name, r in rates.items() if name.startswith(tuple(SHARES)))
    return [
        *(_row(name, values, best) for name, values in rates.items()),
        (f"build {len(shapes):,} leaves: {built:.1f} s", "", "", "", ""),
        (f"one point: {_one_point_us(index, lon, lat)}", "", "", "", ""),
    ]


def _part(lon: Points, lat: Points, share: int) -> tuple[Points, Points]:
    return lon[: len(lon) // share], lat[: len(lat) // share]


def _by_two(index: PointIndex, lon: Points, lat: Points) -> list[NDArray[np.int32]]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(index.locate, np.array_split(lon, 2), np.array_split(lat, 2)))


def _rates(locate: Callable[[Points, Points], Any], lon: Points, lat: Points) -> list[float]:
    return [len(lon) / _timed(lambda: locate(lon, lat))[0] for _ in range(ROUNDS)]


def _take_rates(index: PointIndex, lon: Points) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        index.save(path)
        table = np.zeros(path.stat().st_size // 4, dtype=np.int32)
    cells = np.random.default_rng(2).integers(0, len(table), len(lon))
    return [len(lon) / _timed(lambda: table.take(cells))[0] for _ in range(ROUNDS)]


def _one_point_us(index: PointIndex, lon: Points, lat: Points) -> str:
    times = []
    for x, y in zip(lon[:TRIALS].tolist(), lat[:TRIALS].tolist(), strict=True):
        began = time.perf_counter_ns()
        index.locate_one(x, y)
        times.append(time.perf_counter_ns() - began)
    p50, p99 = np.percentile(times, (50, 99)) / 1000
    return f"p50 {p50:.1f} us, p99 {p99:.1f} us"


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _row(name: str, rates: list[float], best: float) -> Row:
    shown = [f"{rate:,.0f}" for rate in (statistics.median(rates), min(rates), max(rates))]
    return name, *shown, f"{statistics.median(rates) / best:.2f}"
