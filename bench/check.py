"""The whole-city check: ours beside shapely's coverage_is_valid, on the same arrays.

The city is a lattice of wiggly blocks (`lattice_city.py`): as many leaves as the stress city's
107,158 and a few more, 44 vertices each, under five levels. Shapely only says yes or no about the
leaves; ours also locates and names what is wrong, and checks validity and the lattice. All run on
one core; the ratio is that of CPU time, which other work on the machine disturbs less.
"""

import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import shapely

from bench.lattice_city import LatticeCity, lattice_city
from gridgeo.geometry.coverage import check_coverage
from gridgeo.geometry.levels import check_levels

COLUMNS = ("check", "seconds", "min", "max", "cpu s", "ratio", "peak MiB")
ROUNDS = 5

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue

Row = tuple[str, ...]
Times = list[tuple[float, float]]


def run() -> list[Row]:
    """Measure all in turn, and check that each finds nothing in a sound city."""
    city = lattice_city()
    works = _works(city)
    times: dict[str, Times] = {name: [] for name in works}
    peaks = {name: _peak_mib(work) for name, work in works.items()}
    for _ in range(ROUNDS):
        for name, work in works.items():
            began, began_cpu = time.perf_counter(), time.process_time()
            assert work(), f"{name} finds fault with a sound city"
            times[name].append((time.perf_counter() - began, time.process_time() - began_cpu))
    peer = _median_cpu(times["shapely coverage_is_valid"])
    return [_row(name, own, peer, peaks[name]) for name, own in times.items()]


def _works(city: LatticeCity) -> dict[str, Callable[[], bool]]:
    leaves = city.shapes[city.is_leaf]
    codes = [code for code, leaf in zip(city.codes, city.is_leaf, strict=True) if leaf]
    outline = city.shapes[0]
    return {
        f"check_coverage, {len(leaves):,} leaves": (
            lambda: check_coverage(leaves, codes, outline) == []
        ),
        f"check_levels, all {len(city.shapes):,} units": (
            lambda: check_levels(city.shapes, city.codes, city.parents, city.is_leaf) == []
        ),
        "shapely is_valid": lambda: bool(shapely.is_valid(leaves).all()),
        "shapely coverage_is_valid": lambda: bool(shapely.coverage_is_valid(leaves)),
    }


def _peak_mib(work: Callable[[], bool]) -> float:
    """Highest memory of a process that holds the city and does the work once."""
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    child = fork.Process(target=_report_peak, args=(work, answers))
    child.start()
    peak_mib = float(answers.get())
    child.join()
    return peak_mib


def _report_peak(work: Callable[[], bool], answers: "SimpleQueue[float]") -> None:
    work()
    answers.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _median_cpu(times: Times) -> float:
    return statistics.median(cpu for _, cpu in times)


def _row(name: str, times: Times, peer: float, peak_mib: float) -> Row:
    seconds, cpu = [wall for wall, _ in times], _median_cpu(times)
    shown = (statistics.median(seconds), min(seconds), max(seconds), cpu)
    return name, *(f"{value:.2f}" for value in shown), f"{peer / cpu:.1f}", f"{peak_mib:,.0f}"
