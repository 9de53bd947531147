"""Points placed per second: our index beside PostGIS, on the small city and the same points.

PostGIS answers by its best plan: a table of points, and for each the covering leaf with the lowest
code through the GiST index on the leaves (`LATERAL ... ORDER BY code LIMIT 1`).
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from gridgeo.cli import city_files
from gridgeo.cli.demo import SEED, Inputs, load_city
from gridgeo.db import migrate
from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import new_passwords, prepare_database
from gridgeo.db.dsn import Dsns
from gridgeo.locate.store import load_index
from gridgeo.settings import ROOT
from gridgeo.synth import city
from gridgeo.units.store import resolve_version

COLUMNS = ("engine", "points/s", "min", "max", "ratio")
POINTS = 100_000
ROUNDS = 5

POSTGIS = """
SELECT p.id, leaf.code
FROM bench_point p
LEFT JOIN LATERAL (
    SELECT u.code FROM unit_shape s JOIN unit u USING (unit_id)
    WHERE s.is_leaf AND ST_Covers(s.geom, p.geom)
    ORDER BY u.code COLLATE "C" LIMIT 1
) leaf ON true
ORDER BY p.id
"""


def run() -> list[tuple[str, str, str, str, str]]:
    """Measure both engines in turn, and check that they agree away from borders."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        cluster = Cluster(Path(folder) / "postgres", durable=False)
        try:
            dsns = _city(cluster)
            with psycopg.connect(dsns.owner) as conn:
                return _measure(conn)
        finally:
            cluster.purge()


def _city(cluster: Cluster) -> Dsns:
    dsns = prepare_database(cluster.start(), "bench", new_passwords())
    migrate.upgrade(dsns.owner)
    inputs = Inputs.read(ROOT / "data")
    outline, divisions = city_files.read_district(ROOT / "data", inputs.profile)
    with psycopg.connect(dsns.owner) as conn:
        load_city(conn, city(SEED, outline, divisions), inputs, lambda text, share=None: None)
    return dsns


def _measure(conn: psycopg.Connection) -> list[tuple[str, str, str, str, str]]:
    index = load_index(conn, resolve_version(conn))
    west, south, east, north = index.bounds
    chance = np.random.default_rng(1)
    lon, lat = chance.uniform(west, east, POINTS), chance.uniform(south, north, POINTS)
    _store(conn, lon, lat)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        seconds, ids = _timed(lambda: index.index.locate(lon, lat))
        ours.append(POINTS / seconds)
        seconds, rows = _timed(lambda: conn.execute(POSTGIS).fetchall())
        theirs.append(POINTS / seconds)
    codes = [None if i < 0 else index.units[int(i)].code for i in ids]
    differing = sum(code != row[1] for code, row in zip(codes, rows, strict=True))
    peer = statistics.median(theirs)
    return [
        _row("gridgeo PointIndex (exact)", ours, peer),
        _row(f"PostGIS ST_Covers (differs at {differing} points)", theirs, peer),
    ]


def _store(conn: psycopg.Connection, lon: np.ndarray, lat: np.ndarray) -> None:
    conn.execute("CREATE TEMP TABLE bench_point (id int, geom geometry(Point, 4326))")
    with conn.cursor().copy("COPY bench_point FROM STDIN") as copy:
        for number, (x, y) in enumerate(zip(lon.tolist(), lat.tolist(), strict=True)):
            copy.write_row((number, f"SRID=4326;POINT({x!r} {y!r})"))
    conn.execute("ANALYZE bench_point")


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _row(name: str, rates: list[float], peer: float) -> tuple[str, str, str, str, str]:
    shown = [f"{rate:,.0f}" for rate in (statistics.median(rates), min(rates), max(rates))]
    return name, *shown, f"{statistics.median(rates) / peer:.1f}"
