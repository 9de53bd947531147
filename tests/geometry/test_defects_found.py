"""Whatever is broken in a city is found, within a metre, and nothing else is."""

import numpy as np
import pytest
import shapely
from defects import DEFECTS, Tree, break_apart

from gridgeo import synth
from gridgeo.cli.city_files import read_district, read_profile
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.levels import check_levels
from gridgeo.settings import ROOT

PLANAR = Planar(4547)


@pytest.fixture(scope="module")
def city():
    outline, divisions = read_district(ROOT / "data", read_profile(ROOT / "data"))
    return synth.city(2, outline, divisions).units


def as_tree(units):
    position = {unit.code: i for i, unit in enumerate(units)}
    parents = [-1 if u.parent_code is None else position[u.parent_code] for u in units]
    above = set(parents)
    return Tree(
        [unit.shape for unit in units],
        [unit.code for unit in units],
        parents,
        [i not in above for i in range(len(units))],
    )


@pytest.mark.parametrize(
    ("seed", "number"), [(1, 40), pytest.param(2, 200, marks=pytest.mark.full)]
)
def test_every_defect_is_found_within_a_metre_and_nothing_else_is(city, seed, number):
    tree = as_tree(city)
    kinds = (sorted(DEFECTS) * number)[:number]
    broken = break_apart(tree, kinds, np.random.default_rng(seed), apart=0.0007)
    grounds = [PLANAR.project(shapely.make_valid(ground)) for ground in broken]

    problems = check_levels(tree.shapes, tree.codes, tree.parents, tree.is_leaf)
    found = [PLANAR.project(shapely.Point(p.lon, p.lat)) for p in problems]
    all_found, all_grounds = shapely.union_all(found), shapely.union_all(grounds)
    missed = [k for k, g in zip(kinds, grounds, strict=True) if g.distance(all_found) > 1.0]
    invented = [p for p, at in zip(problems, found, strict=True) if at.distance(all_grounds) > 1.0]
    assert missed == []
    assert invented == []

    leaves = np.array([tree.shapes[i] for i in tree.leaves])
    edges = shapely.coverage_invalid_edges(leaves[shapely.is_valid(leaves)])
    for edge in edges[~shapely.is_empty(edges)]:
        assert PLANAR.project(edge).distance(all_grounds) <= 1.0
