"""The index of the stress city itself: built, kept, asked for one point, and patched."""

import time

import numpy as np
import shapely
from numpy.typing import NDArray

from bench.clustered import clustered
from bench.locate import index_mb
from bench.stress_city import Leaves, stress_city
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.edits.move_vertex import MoveVertex
from gridgeo.geometry.errors import EditRefused
from gridgeo.geometry.point_index import PointIndex
from gridgeo.geometry.segments import Shape

COLUMNS = ("what", "best or p50", "worst or p99")

BUILDS = 3
TRIALS = 20_000  # single points
EDITS = 100
STEP = 3e-6  # degrees by which a corner moves, a third of a metre

Row = tuple[str, str, str]


def run() -> list[Row]:
    """Measure one thing after the other."""
    leaves = stress_city()
    builds, index = [], None
    for _ in range(BUILDS):
        began = time.perf_counter()
        index = PointIndex.build(leaves.shapes, codes=leaves.codes, snap=False)
        builds.append(time.perf_counter() - began)
    assert index is not None and index.is_coverage
    one = _one_point_us(index, leaves)
    patch = _patch_ms(index, leaves)
    return [
        (f"build, {len(index):,} leaves, s", f"{min(builds):.1f}", f"{max(builds):.1f}"),
        ("size, MB", f"{index_mb(index):,.0f}", ""),
        (f"locate_one, {TRIALS:,} points, us", *_spread(one)),
        (f"patched, {EDITS} moves of a corner, ms", *_spread(patch)),
    ]


def _spread(values: NDArray[np.float64]) -> tuple[str, str]:
    return f"{np.percentile(values, 50):.1f}", f"{np.percentile(values, 99):.1f}"


def _one_point_us(index: PointIndex, leaves: Leaves) -> NDArray[np.float64]:
    lon, lat = clustered(leaves.shapes, TRIALS)
    times = []
    for x, y in zip(lon.tolist(), lat.tolist(), strict=True):
        began = time.perf_counter_ns()
        index.locate_one(x, y)
        times.append(time.perf_counter_ns() - began)
    return np.array(times) / 1e3


def _patch_ms(index: PointIndex, leaves: Leaves) -> NDArray[np.float64]:
    ids = {code: i for i, code in enumerate(leaves.codes)}
    times = []
    for change in _moves(leaves):
        began = time.perf_counter_ns()
        index.patched(change, ids)
        times.append(time.perf_counter_ns() - began)
    return np.array(times) / 1e6


def _moves(leaves: Leaves) -> list[Delta[Shape]]:
    """Moves of a corner by chance, each of the city as it is."""
    chance, tree = np.random.default_rng(1), shapely.STRtree(leaves.shapes)
    outline = shapely.coverage_union_all(leaves.shapes)
    found: list[Delta[Shape]] = []
    while len(found) < EDITS:
        corner = chance.choice(shapely.get_coordinates(chance.choice(leaves.shapes)))
        near = tree.query(shapely.Point(corner), predicate="intersects")
        to = corner + chance.uniform(-STEP, STEP, 2)
        try:
            move = MoveVertex(tuple(corner.tolist()), tuple(to.tolist()))
            found.append(move.apply({leaves.codes[i]: leaves.shapes[i] for i in near}, outline))
        except EditRefused:
            continue
    return found
