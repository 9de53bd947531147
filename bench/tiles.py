"""Micro-grid tiles over HTTP beside TiPG, MapServer, raw `ST_AsMVT`, a bare route and nginx.

All run in one go on the stress city, for the same tiles: those that hold leaves, the likelier the
more they hold. Four connections keep asking over the loopback, of one server after the other.

Cold: nothing is packed, every tile once by a server of ours that has just started and has nothing
in store; the peers have their pages in memory. Warm: the same tiles again and again, packed as
browsers ask for them; nginx answers the same bytes from files, and a FastAPI route from memory.
The best of some rounds counts; in warm rounds the servers take turns. "Client" is the share of a
core that the load tool took: where it comes near 100 % the server could do more. `BENCH_ROWS` and
`BENCH_COLUMNS` ask for a small city of blocks instead, `BENCH_ZOOMS=12,14` for these zooms only.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import mapbox_vector_tile
import numpy as np
import shapely

from bench import tile_sizes
from bench.http_load import Loaded, measured
from bench.peers import Unavailable
from bench.server import serving
from bench.tile_city import store_city
from bench.tile_servers import OURS, Peer, Tile, bare, mapserver, nginx, raw, tipg
from gridgeo.db import migrate
from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import new_passwords, prepare_database
from gridgeo.db.dsn import Dsns
from gridgeo.units.model import Unit

COLUMNS = ("what", "requests/s", "p50 ms", "mean KB", "client", "beside")

TILES = {10: 12, 12: 60, 14: 300, 16: 900}
"""How many tiles of each zoom are asked for."""

AIMS = {10: (None, 15), 12: (25, 15), 14: (15, 5), 16: (10, None)}
"""How often TiPG's rate, and what part of raw SQL's p50."""

WARM_REQUESTS = 6_000
WARM_ROUNDS = 16
CONNECTIONS = 4
ROUNDS = 2

Row = tuple[str, str, str, str, str, str]


def run() -> Iterator[Row]:
    """Measure all servers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        cluster = Cluster(folder / "postgres", durable=False)
        try:
            dsns = prepare_database(cluster.start(), "bench", new_passwords())
            migrate.upgrade(dsns.owner)
            leaves = store_city(dsns.owner)
            yield _drawn(dsns, folder, len(leaves))
            zooms = [int(z) for z in os.environ.get("BENCH_ZOOMS", "10,12,14,16").split(",")]
            for zoom in zooms:
                yield from _cold(dsns, folder, zoom, _tiles(leaves, zoom, TILES[zoom]))
            for zoom in [zoom for zoom in zooms if zoom > 10]:
                yield from _warm(dsns, folder, zoom, _tiles(leaves, zoom, TILES[zoom]))
            with _ours(dsns, folder) as peer:
                yield from tile_sizes.rows(
                    peer.port, dsns.reader, len(leaves), _tiles(leaves, 10, TILES[10])
                )
        finally:
            cluster.purge()


def _drawn(dsns: Dsns, folder: Path, leaves: int) -> Row:
    """Draw the tiles of the city, which the servers then take from their file."""
    (folder / "drawn").mkdir()
    given = {"GRIDGEO_APP_DSN": dsns.app[:], "GRIDGEO_READER_DSN": dsns.reader[:]}
    given["GRIDGEO_VAR_DIR"] = str(folder / "drawn")
    before = os.times()
    command = [sys.executable, "-m", "gridgeo.cli", "tiles", "build"]
    subprocess.run(command, env={**os.environ, **given}, check=True, capture_output=True)
    after = os.times()
    with serving(dsns, folder / "drawn", workers=1):
        pass  # it leaves the city's index in a file too
    cpu_s = after.children_user + after.children_system - before.children_user
    said = f"drawing {leaves:,} leaves for all zooms: {after.elapsed - before.elapsed:.0f} s"
    return f"{said}, CPU {cpu_s - before.children_system:.0f} s", "", "", "", "", ""


@contextmanager
def _ours(dsns: Dsns, folder: Path) -> Iterator[Peer]:
    """One worker of ours that has the drawings, and no tile yet."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        (Path(name) / "index").mkdir()
        for path in (folder / "drawn" / "index").glob("*.*"):
            if path.suffix in (".drawn", ".index"):
                (Path(name) / "index" / path.name).hardlink_to(path)
        with serving(dsns, Path(name), workers=1) as port:
            _wait_until_drawn(port)
            yield Peer(port)


def _wait_until_drawn(port: int) -> None:
    ready = Request(f"http://127.0.0.1:{port}/health/ready")
    while True:
        with urlopen(ready, timeout=60) as answer:
            if json.load(answer)["tiles"] == "drawn":
                return
        time.sleep(0.2)


def _tiles(leaves: Sequence[Unit], zoom: int, number: int) -> list[Tile]:
    """Tiles that hold leaves, by chance, each once."""
    chance = np.random.default_rng(zoom)
    lon, lat = shapely.get_coordinates(shapely.point_on_surface([u.shape for u in leaves])).T
    x = (lon / 360 + 0.5) * 2**zoom
    y = (0.5 - np.arctanh(np.sin(np.radians(lat))) / (2 * np.pi)) * 2**zoom
    places = chance.permutation(np.column_stack((x, y)).astype(int)).tolist()
    return [(zoom, i, j) for i, j in dict.fromkeys(map(tuple, places))][:number]


def _cold(dsns: Dsns, folder: Path, zoom: int, tiles: list[Tile]) -> Iterator[Row]:
    ours, features = [], 0
    for _ in range(ROUNDS):
        with _ours(dsns, folder) as peer:
            measured(peer.port, ["/health/live"] * 200, CONNECTIONS)  # no request is the first
            ours.append(measured(peer.port, peer.targets(tiles), CONNECTIONS))
            features = features or _features(peer, tiles[0])
    best = max(ours, key=lambda one: one.rate)
    beside: dict[str, Loaded | str] = {
        "raw ST_AsMVT": _peer(raw(dsns.reader, folder), tiles, features),
        **({} if zoom == min(TILES) else {
            "TiPG": _peer(tipg(dsns.reader, folder), tiles, features),
            "MapServer": _peer(mapserver(dsns.reader, folder), tiles, features),
        }),
    }  # fmt: skip
    yield _row(f"z{zoom} cold, gridgeo", best, _cold_ratios(zoom, best, beside))
    for name, found in beside.items():
        yield _row(f"z{zoom} cold, {name}", found)


def _peer(server: AbstractContextManager[Peer], tiles: list[Tile], features: int) -> Loaded | str:
    """Measure a server; the first round brings its pages into memory. A word if there is none.

    Its first tile must have about as many features as ours: a cap, or an error, is not measured.
    """
    try:
        with server as peer:
            assert _features(peer, tiles[0]) > 0.9 * features, server
            rounds = [measured(peer.port, peer.targets(tiles), CONNECTIONS) for _ in range(ROUNDS)]
    except Unavailable as reason:
        return str(reason)
    return max(rounds, key=lambda one: one.rate)


def _features(peer: Peer, tile: Tile) -> int:
    [target] = peer.targets([tile])
    with urlopen(f"http://127.0.0.1:{peer.port}{target}", timeout=60) as answer:
        layers = mapbox_vector_tile.decode(answer.read())
    return sum(len(layer["features"]) for layer in layers.values())


def _cold_ratios(zoom: int, ours: Loaded, beside: dict[str, Loaded | str]) -> str:
    said = []
    rate_aim, p50_aim = AIMS[zoom]
    base = beside.get("TiPG")
    if isinstance(base, Loaded):
        said.append(f"{ours.rate / base.rate:.1f} x TiPG (aim {rate_aim})")
    base = beside["raw ST_AsMVT"]
    if isinstance(base, Loaded):
        aim = f" (aim 1/{p50_aim})" if p50_aim else ""
        said.append(f"p50 1/{_p50_ms(base) / _p50_ms(ours):.1f} of raw{aim}")
    return ", ".join(said)


def _warm(dsns: Dsns, folder: Path, zoom: int, tiles: list[Tile]) -> Iterator[Row]:
    """Measure them by turns, so that a disturbed moment of the machine strikes all of them."""
    rounds: dict[str, list[Loaded]] = {}
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        peers = {"gridgeo": stack.enter_context(_ours(dsns, folder))}
        _write_files(peers["gridgeo"].port, tiles, folder / "files")
        for name, server in (("bare FastAPI", bare(folder)), ("nginx", nginx(folder))):
            try:
                peers[name] = stack.enter_context(server)
            except Unavailable as reason:
                missing[name] = str(reason)
        for _ in range(WARM_ROUNDS):
            for name, peer in peers.items():
                many = peer.targets(tiles) * (WARM_REQUESTS // len(tiles))
                found = measured(peer.port, many, CONNECTIONS, "gzip")
                rounds.setdefault(name, []).append(found)
    best = {name: max(found, key=lambda one: one.rate) for name, found in rounds.items()}
    ours = best.pop("gridgeo")
    aims = {"nginx": "1/4", "bare FastAPI": "2.5"}
    said = [f"{ours.rate / one.rate:.2f} x {name} (aim {aims[name]})" for name, one in best.items()]
    yield _row(f"z{zoom} warm, gridgeo", ours, ", ".join(said))
    for name, found in {**best, **missing}.items():
        yield _row(f"z{zoom} warm, {name}", found)


def _write_files(port: int, tiles: list[Tile], folder: Path) -> None:
    """Keep what ours answers, packed, as files for the others."""
    for z, x, y in tiles:
        target = OURS.format(z=z, x=x, y=y)
        asked = Request(f"http://127.0.0.1:{port}{target}", headers={"Accept-Encoding": "gzip"})
        path = folder / target[1:]
        path.parent.mkdir(parents=True, exist_ok=True)
        with urlopen(asked, timeout=60) as answer:
            path.write_bytes(answer.read())


def _p50_ms(found: Loaded) -> float:
    return float(np.median(found.seconds)) * 1e3


def _row(name: str, found: Loaded | str, beside: str = "") -> Row:
    if isinstance(found, str):
        return name, "", "", "", "", found
    size = f"{found.sizes.mean() / 1e3:.1f}"
    return name, f"{found.rate:,.0f}", f"{_p50_ms(found):.2f}", size, f"{found.client:.0%}", beside
