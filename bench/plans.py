"""One border edit on the stress city: drawing it, its problems, balance, impact and diff.

A shared corner is moved, in `BENCH_PLANS` (default 40) places all over 107,158 micro-grids and the
rural grids, each in a plan of its own. The times are those of the functions behind the endpoints,
in one process, with the plan's map in its memory, as after drawing. "CPU ms" is what the process
and its PostgreSQL backend used together, which other work on the machine disturbs less.
"""

import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from psycopg import Connection

from bench.stress_map import Corner, stress_map
from gridgeo.events.foresight import foresight
from gridgeo.geometry.crs import Planar
from gridgeo.parties.books import Books
from gridgeo.plans import store
from gridgeo.plans.balance import Listing, Tallies, balance
from gridgeo.plans.diff import changed_units, page
from gridgeo.plans.impact import impact
from gridgeo.plans.model import PlanMap
from gridgeo.plans.problems import find
from gridgeo.plans.replays import Replays
from gridgeo.plans.sides import Side

COLUMNS = ("what", "p50 ms", "p95 ms", "worst ms", "CPU ms p50", "target")

TARGETS = {"problems": "30 ms", "impact": "300 ms"}

Row = tuple[str, str, str, str, str, str]
Times = dict[str, list[tuple[float, float]]]


def run() -> list[Row]:
    """Measure every place once, after one that only warms up."""
    number = int(os.environ.get("BENCH_PLANS", "40"))
    times: Times = defaultdict(list)
    moved = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        with stress_map(folder, number + 1) as city, psycopg.connect(city.dsns.app) as conn:
            bench = _Bench(conn, times)
            bench.place(city.corners[0])
            times.clear()
            moved = sum(bench.place(corner) for corner in city.corners[1:])
    load = os.getloadavg()[0]
    rows = [_row(what, samples) for what, samples in times.items()]
    return [*rows, (f"{moved} devices and events would move; load {load:.1f}", "", "", "", "", "")]


class _Bench:
    def __init__(self, conn: Connection[Any], times: Times) -> None:
        self._conn = conn
        self._times = times
        self._replays, self._tallies = Replays(), Tallies(8)
        self._foresight = foresight(Books())

    def place(self, corner: Corner) -> int:
        """Draw a plan that moves a corner, look at it, and return how many would move."""
        at, to = corner
        conn, replays = self._conn, self._replays
        plan = store.create_plan(conn, "bench", None, "bench")
        params = {"at": list(at), "to": list(to)}
        plan = self._timed("draw", lambda: store.add_edit(
            conn, plan.plan_id, "move_vertex", params, "bench", None, replays))  # fmt: skip
        conn.commit()

        def drawn() -> PlanMap:
            return store.map_of(conn, store.get_plan(conn, plan.plan_id), replays)

        self._timed("problems", lambda: find(conn, drawn()))
        self._timed("balance", lambda: balance(conn, drawn(), None, Listing(), self._tallies))
        found = self._timed("impact", lambda: impact(conn, drawn(), self._foresight))
        self._timed("diff", lambda: self._diff(drawn()))
        conn.commit()
        return int(sum(found.devices.values()) + sum(found.events.values()))

    def _diff(self, so_far: PlanMap) -> object:
        before = Side(so_far.base.version)
        after = Side(so_far.base.version, so_far.done)
        changed = changed_units(self._conn, before, after)
        planar = Planar(so_far.profile.planar_srid)
        return page(self._conn, before, after, changed, planar, None, 1000)

    def _timed(self, what: str, work: Callable[[], Any]) -> Any:
        cpu, began = self._cpu(), time.perf_counter()
        result = work()
        self._times[what].append((time.perf_counter() - began, self._cpu() - cpu))
        return result

    def _cpu(self) -> float:
        """Seconds of processor time of both processes; clock as `clock_getcpuclockid`."""
        backend = time.clock_gettime((~self._conn.info.backend_pid << 3) | 2)
        return time.process_time() + backend


def _row(what: str, samples: list[tuple[float, float]]) -> Row:
    wall, cpu = np.array(samples).T * 1e3
    p50, p95, worst = np.percentile(wall, (50, 95, 100))
    return (what, f"{p50:.1f}", f"{p95:.1f}", f"{worst:.1f}", f"{np.percentile(cpu, 50):.1f}",
            TARGETS.get(what, ""))  # fmt: skip
