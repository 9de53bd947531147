"""What a point costs as the city grows: 1,000 to 1,000,000 polygons of 44 vertices.

The polygons are wiggly blocks of one size (`lattice_city.py`), so a larger city has more ground and
not finer grids; the points are clustered over all of it. One thread works; its CPU time is told,
which other work on the machine disturbs less than the clock's.
"""

import time

import numpy as np

from bench.clustered import clustered
from bench.lattice_city import lattice_city
from bench.locate import index_mb
from gridgeo.geometry.point_index import PointIndex

COLUMNS = ("polygons", "CPU ns a point", "to the smallest", "build CPU s", "MB")

SIZES = ((25, 40), (100, 100), (250, 400), (1000, 1000))
POINTS = 2_000_000
ROUNDS = 5

Row = tuple[str, ...]


def run() -> list[Row]:
    """Measure one size after the other, each by its best round."""
    measured = [_measure(rows, columns) for rows, columns in SIZES]
    smallest = measured[0][1]
    return [
        (f"{number:,}", f"{cost:.0f}", f"{cost / smallest:.2f}", f"{built:.1f}", f"{mb:,.0f}")
        for number, cost, built, mb in measured
    ]


def _measure(rows: int, columns: int) -> tuple[int, float, float, float]:
    """Polygons, nanoseconds for a point, seconds to build, size in 10**6 bytes."""
    city = lattice_city(rows=rows, columns=columns)
    shapes = city.shapes[city.is_leaf]
    began = time.process_time()
    index = PointIndex.build(shapes, snap=False)
    built = time.process_time() - began
    lon, lat = clustered(shapes, POINTS)
    costs = []
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        index.locate(lon, lat)
        costs.append((time.process_time_ns() - began) / POINTS)
    return len(shapes), float(np.min(costs)), built, index_mb(index)
