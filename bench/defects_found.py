"""200 random defects in the city of `check.py`: how many each check finds within a metre.

Ours is `check_levels`; its peer is what shapely tells of the same leaves: those that are not valid,
and the edges of the others that `coverage_invalid_edges` returns. Shapely sees no tree.
"""

import time
from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray

from bench.lattice_city import lattice_city
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.levels import check_levels
from tests.defects import DEFECTS, Tree, break_apart

COLUMNS = ("defect", "made", "found by gridgeo", "by shapely")

NUMBER = 200
APART = 0.0007  # degrees between two defects
NEAR_M = 1.0
PLANAR = Planar(4547)

Places = NDArray[np.object_]
Row = tuple[str, ...]


def run() -> list[Row]:
    """Break the city, check it twice, and tell by kind of defect what was found."""
    city = lattice_city()
    tree = Tree(list(city.shapes), city.codes, city.parents.tolist(), city.is_leaf.tolist())
    kinds = np.resize(sorted(DEFECTS), NUMBER)
    broken = break_apart(tree, kinds.tolist(), np.random.default_rng(1), APART)
    grounds = PLANAR.project_all(shapely.make_valid(np.array(broken)))
    ours_s, ours = _timed(lambda: _told_by_gridgeo(tree))
    theirs_s, theirs = _timed(lambda: _told_by_shapely(tree))
    found = [_near(grounds, told) for told in (ours, theirs)]
    invented = [len(told) - int(_near(told, grounds).sum()) for told in (ours, theirs)]
    rows = [(kind, kinds == kind) for kind in sorted(DEFECTS)]
    rows.append(("all", np.ones(NUMBER, dtype=np.bool_)))
    return [
        *((kind, str(own.sum()), *(str((f & own).sum()) for f in found)) for kind, own in rows),
        ("told where nothing is", "", *map(str, invented)),
        ("seconds", "", f"{ours_s:.1f}", f"{theirs_s:.1f}"),
    ]


def _told_by_gridgeo(tree: Tree) -> Places:
    problems = check_levels(tree.shapes, tree.codes, tree.parents, tree.is_leaf)
    return PLANAR.project_all(shapely.points([[p.lon, p.lat] for p in problems]))


def _told_by_shapely(tree: Tree) -> Places:
    leaves = np.array([tree.shapes[i] for i in tree.leaves])
    valid = shapely.is_valid(leaves)
    edges = shapely.coverage_invalid_edges(leaves[valid])
    told = [*leaves[~valid], *shapely.get_parts(edges[~shapely.is_empty(edges)])]
    return PLANAR.project_all(told)


def _near(these: Places, those: Places) -> NDArray[np.bool_]:
    """Whether each of the first lies within a metre of one of the others."""
    near, _ = shapely.STRtree(those).query(these, predicate="dwithin", distance=NEAR_M)
    return np.isin(np.arange(len(these)), near)


def _timed(work: Callable[[], Places]) -> tuple[float, Places]:
    began = time.perf_counter()
    told = work()
    return time.perf_counter() - began, told
