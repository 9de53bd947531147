"""One border edit of the stress city, published while others read: how long, and who saw what.

A corner of two leaves is moved to and fro, `BENCH_PUBLICATIONS` times (default 40), each time by a
plan over HTTP; 50 devices and open events stand in the strip between and get a new home each time.
Meanwhile four clients, each on a connection made anew every 20 questions so that both workers
answer, ask `/locate` around the corner: first 50 times a second each, then without a pause, which
alone keeps two cores busy. "publish" is the whole call, commit included; "last old answer" is how
long after the commit some worker still began an answer by the map before. An answer that is neither
that of the one map nor that of the other would be mixed of both.
"""

import http.client
import json
import os
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import shapely

from bench.server import serving
from bench.stress_map import Corner, stress_map
from gridgeo.cli.keys import ensure_local_keys
from gridgeo.db.dsn import Dsns

COLUMNS = ("what", "p50", "p99", "worst", "target")

READERS = 4
QUESTIONS = 20
MOVING = 25
PACES = (("50 questions/s each", 0.02), ("no pause", 0.0))
"""What the readers do, and the seconds from one question of a reader to the next."""

PAUSE_S = 2.0
"""Between two publications; within it every worker has drawn its tiles again."""

WORKERS = 2

Row = tuple[str, str, str, str, str]
Place = tuple[float, float]


@dataclass
class Client:
    """One connection of a caller."""

    port: int
    key: str | None = None
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        """Connect."""
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Return the JSON of an answer; raises `AssertionError` when it is an error."""
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        sent = None if body is None else json.dumps(body)
        self.connection.request(method, path, sent, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status < 300, text.decode()
        return json.loads(text)


@dataclass
class Seen:
    """What readers were answered: when they asked, for which place, and the answer."""

    answers: list[tuple[float, Place, dict[str, Any]]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def run() -> list[Row]:
    """Publish, read, and compare."""
    number = int(os.environ.get("BENCH_PUBLICATIONS", "40"))
    number += number % 2  # to and fro
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        with stress_map(folder, 1) as city, serving(city.dsns, folder, WORKERS) as port:
            keys = ensure_local_keys(city.dsns.app, {})
            [corner] = city.corners
            _wait_until_drawn(port)
            _count_on(city.dsns)
            _furnish(port, keys, corner)
            log = folder / "server.log"
            return [
                row
                for pace in PACES
                for row in _measured(port, keys["planner"], corner, number, pace, log)
            ] + [(f"{_moved(city.dsns)} devices and events in the last new home", "", "", "", "")]


def _measured(
    port: int, key: str, corner: Corner, number: int, pace: tuple[str, float], log: Path
) -> list[Row]:
    """Publish while readers ask at a pace; the corner ends where it began."""
    name, seconds = pace
    earlier = len(list(_in_server(log)))
    with _readers(port, corner, seconds) as seen:
        calls, commits = _publications(port, key, corner, number)
        time.sleep(2)
    in_server = list(_in_server(log))[earlier:]
    stale, mixed = _staleness(seen, commits), _mixed(seen)
    return [
        _row(f"publish in the server, readers: {name}, ms", np.array(in_server), "150 / 750"),
        _row("publish as the caller sees it, ms", np.array(calls) * 1e3, ""),
        _row("last old answer after the commit, ms", np.array(stale) * 1e3, "1,000"),
        (f"{len(seen.answers):,} answers by {READERS} readers: {mixed} mixed, "
         f"{len(seen.errors)} errors; load {os.getloadavg()[0]:.1f}", "", "", "", ""),
    ]  # fmt: skip


def _wait_until_drawn(port: int) -> None:
    """Return once the tiles of the city are drawn: that takes both cores for a while."""
    while Client(port).ask("GET", "/health/ready")["tiles"] != "drawn":
        time.sleep(1)


def _count_on(dsns: Dsns) -> None:
    """Let new events be numbered after those that the stress map came with."""
    with psycopg.connect(dsns.owner) as conn:
        conn.execute(
            "SELECT setval(pg_get_serial_sequence('event_key', 'event_id'), max(event_id)) "
            "FROM event_key"
        )


def _furnish(port: int, keys: dict[str, str], corner: Corner) -> None:
    """Put devices and open events into the strip that the corner's move hands over."""
    operator, dispatcher = Client(port, keys["operator"]), Client(port, keys["dispatcher"])
    for number, (lon, lat) in enumerate(_strip(port, corner)):
        device = {"code": f"strip-{number}", "kind": "camera_fixed", "family": "video"}
        operator.ask("POST", "/devices", {**device, "lon": lon, "lat": lat})
        event = {
            "channel": "bench", "external_id": f"strip-{number}", "scheme": "bench",
            "category": "01", "occurred_at": "2026-03-01T08:00:00+08:00",
        }  # fmt: skip
        dispatcher.ask("POST", "/events", {**event, "lon": lon, "lat": lat})


def _strip(port: int, corner: Corner) -> list[Place]:
    """Return points between the two borders: inside the triangle of a neighbour and both places."""
    at, to = corner
    code = Client(port).ask("GET", f"/locate?lon={to[0]}&lat={to[1]}&fields=code")["code"]
    shape = shapely.geometry.shape(Client(port).ask("GET", f"/units/{code}")["geometry"])
    ring = [tuple(xy) for xy in shapely.get_coordinates(shape).tolist()][:-1]
    row = ring.index(at)
    moved = shapely.Polygon([*ring[:row], to, *ring[row + 1 :]])
    strip = shapely.difference(shape, moved)
    west, south, east, north = strip.bounds
    xy = np.random.default_rng(3).uniform((west, south), (east, north), (20_000, 2)).round(7)
    return [(lon, lat) for lon, lat in xy[shapely.contains_xy(strip, xy)][:MOVING].tolist()]


@contextmanager
def _readers(port: int, corner: Corner, seconds: float) -> Iterator[Seen]:
    """Ask around the corner, each reader once in so many seconds, until the block ends."""
    seen, stop = Seen(), threading.Event()
    (lon, lat), to = corner
    places = [(round(lon + dx, 7), round(lat + dy, 7)) for dx in (-1e-5, 0, 1e-5)
              for dy in (-1e-5, 0, 1e-5)] + [to]  # fmt: skip

    def read(number: int) -> None:
        while not stop.is_set():
            client = Client(port)
            for turn in range(QUESTIONS):
                place = places[(number + turn) % len(places)]
                asked = time.monotonic()
                try:
                    answer = client.ask("GET", f"/locate?lon={place[0]}&lat={place[1]}")
                except (AssertionError, OSError) as error:
                    seen.errors.append(str(error))
                    break
                seen.answers.append((asked, place, answer))
                time.sleep(max(0.0, asked + seconds - time.monotonic()))
            client.connection.close()

    with ThreadPoolExecutor(READERS) as pool:
        running = [pool.submit(read, number) for number in range(READERS)]
        try:
            yield seen
        finally:
            stop.set()
            for reader in running:
                reader.result()


def _publications(
    port: int, key: str, corner: Corner, number: int
) -> tuple[list[float], list[tuple[int, float]]]:
    """Return seconds of each publish call, and each version with the moment it was answered."""
    planner = Client(port, key)
    here, there = corner
    calls, commits = [], []
    for _ in range(number):
        plan = planner.ask("POST", "/plans", {"title": "bench"})
        path = f"/plans/{plan['plan_id']}"
        planner.ask("POST", f"{path}/edits", {"kind": "move_vertex", "at": here, "to": there})
        for step in ("submit", "approve"):
            planner.ask("POST", f"{path}/{step}")
        began = time.monotonic()
        version = planner.ask("POST", f"{path}/publish")["published_version"]
        commits.append((version, time.monotonic()))
        calls.append(commits[-1][1] - began)
        here, there = there, here
        time.sleep(PAUSE_S)
    return calls, commits


def _in_server(log: Path) -> Iterator[float]:
    """Yield the milliseconds that each publication took by the server's own log."""
    for line in log.read_text().splitlines():
        if '"route":"/plans/{plan_id}/publish"' in line:
            yield float(json.loads(line)["ms"])


def _staleness(seen: Seen, commits: Sequence[tuple[int, float]]) -> list[float]:
    """Return for each version how long after its commit an answer by an older one was begun."""
    last = []
    for version, moment in commits:
        late = [asked - moment for asked, _, answer in seen.answers if answer["version"] < version]
        last.append(max(0.0, *late) if late else 0.0)
    return last


def _mixed(seen: Seen) -> int:
    """Return how many answers are not those of their map.

    The corner goes to and fro, so that of all versions every other one is the same map, and a place
    has one answer by each of the two.
    """
    answers: dict[tuple[Place, int], Counter[str]] = defaultdict(Counter)
    for _, place, answer in seen.answers:
        said = {key: answer[key] for key in answer if key not in ("version", "valid_from")}
        answers[place, answer["version"] % 2][json.dumps(said, sort_keys=True)] += 1
    return sum(found.total() - max(found.values()) for found in answers.values())


def _moved(dsns: Dsns) -> int:
    """Return how many devices and events the last publication has brought home."""
    with psycopg.connect(dsns.reader) as conn:
        row = conn.execute(
            "SELECT (SELECT count(*) FROM device WHERE map_version = head)"
            " + (SELECT count(*) FROM event WHERE map_version = head)"
            " FROM (SELECT max(version) AS head FROM map_version) last"
        ).fetchone()
    return int(row[0]) if row else 0


def _row(what: str, values: np.ndarray[Any, Any], target: str) -> Row:
    p50, p99, worst = np.percentile(values, (50, 99, 100))
    return what, f"{p50:.0f}", f"{p99:.0f}", f"{worst:.0f}", target
