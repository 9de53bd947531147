import numpy as np
import pytest
import shapely
from defects import DEFECTS, Tree, break_apart
from hypothesis import given
from hypothesis import strategies as st
from maps import ENCLAVE, RING, TOUCHING, TOWN, draw
from shapely.geometry import MultiPolygon, Polygon, box

from gridgeo.geometry.coverage import check_coverage, check_nesting
from gridgeo.geometry.lattice import invalid_place, to_degrees, to_lattice
from gridgeo.geometry.levels import check_levels
from gridgeo.geometry.measure import ellipsoid_area_m2
from gridgeo.geometry.problem import Problem
from gridgeo.geometry.union import union_on_lattice


def family_by_family(tree):
    """The slow twin: the leaves as a coverage, then every parent by itself."""
    root = tree.parents.index(-1)
    found = []
    if not tree.shapes[root].is_valid:
        reason, lon, lat = invalid_place(tree.shapes[root])
        size = ellipsoid_area_m2(tree.shapes[root])
        found.append(Problem("invalid", (tree.codes[root],), lon, lat, reason, area_m2=size))
    leaves = np.flatnonzero(tree.is_leaf)
    found += check_coverage(
        [tree.shapes[i] for i in leaves], [tree.codes[i] for i in leaves], tree.shapes[root]
    )
    for i in np.flatnonzero(~np.array(tree.is_leaf)):
        own = np.flatnonzero(np.array(tree.parents) == i)
        found += check_nesting(
            tree.shapes[i], tree.codes[i], [tree.shapes[j] for j in own],
            [tree.codes[j] for j in own],
        )  # fmt: skip
    return found


def drawn_tree(seed):
    """The drawn town under three districts, one of which is divided once more.

    Of the leaves "g", "h" and "i" stand directly under a district, the others one step deeper.
    """
    town = draw(TOWN, wobble=seed)
    streets = {"Pab": "ab", "Pde": "de", "Qcf": "cf"}
    districts = {"P": ["Pab", "Pde"], "Q": ["Qcf", "g"], "R": ["h", "i"]}
    shapes = dict(town.units) | town.parents(streets)
    for code, children in districts.items():
        shapes[code] = union_on_lattice([shapes[child] for child in children])
    shapes["Z"] = town.outline
    above = {child: code for code, own in (streets | districts).items() for child in own}
    above |= dict.fromkeys(districts, "Z")
    codes = sorted(shapes)
    return Tree(
        [shapes[code] for code in codes],
        codes,
        [codes.index(above[code]) if code in above else -1 for code in codes],
        [len(code) == 1 and code.islower() for code in codes],
    )


def checked(tree):
    return check_levels(tree.shapes, tree.codes, tree.parents, tree.is_leaf)


@given(st.integers(0, 999))
def test_sound_tree_has_no_problem(seed):
    assert checked(drawn_tree(seed)) == []


@given(st.integers(0, 999), st.data())
def test_finds_what_each_family_by_itself_finds(seed, data):
    tree = drawn_tree(seed)
    chance = np.random.default_rng(seed)
    kinds = data.draw(st.lists(st.sampled_from(sorted(DEFECTS)), min_size=1, max_size=3))
    break_apart(tree, kinds, chance)
    assert checked(tree) == family_by_family(tree)
    assert checked(tree) != []


@given(st.integers(0, 999), st.data(), st.tuples(*[st.integers(-40000, 40000)] * 2))
def test_corner_moved_in_a_unit_of_any_level_is_found_as_family_by_family(seed, data, step):
    tree = drawn_tree(seed)
    whole = [i for i, shape in enumerate(tree.shapes) if isinstance(shape, Polygon)]
    position = data.draw(st.sampled_from(whole))
    ring = to_lattice(tree.shapes[position].exterior.coords)[:-1]
    ring[data.draw(st.integers(0, len(ring) - 1))] += step
    tree.shapes[position] = Polygon(to_degrees(ring))
    assert checked(tree) == family_by_family(tree)
    assert (checked(tree) != []) == any(step)


@given(st.integers(0, 999), st.data())
def test_child_given_to_another_parent_is_found_in_both_families(seed, data):
    tree = drawn_tree(seed)
    moved = tree.codes.index(data.draw(st.sampled_from(["a", "d", "f", "g", "Pab"])))
    tree.parents[moved] = tree.codes.index("R")
    problems = checked(tree)
    assert problems == family_by_family(tree)
    assert {p.kind for p in problems} == {"gap", "outside_parent"}


@pytest.mark.parametrize("picture", [ENCLAVE, TOUCHING, RING])
def test_units_with_holes_and_parts_above_the_leaves_are_sound(picture):
    drawn = draw(picture, wobble=3)
    shapes = [*drawn.shapes, drawn.units["a"], drawn.outline]
    n = len(drawn.shapes)
    others = [n + 1] * (n - 1)
    tree = Tree(shapes, [*drawn.codes, "A", "Z"], [n, *others, n + 1, -1], [True] * n + [False] * 2)
    assert checked(tree) == family_by_family(tree) == []


def test_unit_above_whose_ring_touches_itself_is_invalid_though_its_edges_match():
    west = Polygon([(0, 0), (2, 0), (2, 1), (1, 1), (0, 1)])
    north = Polygon([(1, 1), (2, 2), (1, 2)])
    pinched = Polygon([(0, 0), (2, 0), (2, 1), (1, 1), (2, 2), (1, 2), (1, 1), (0, 1)])
    parts = [
        Polygon([(0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (0, 3)]),
        Polygon([(1, 1), (2, 1), (2, 2)]),
    ]
    outline = union_on_lattice([west, north, *parts])
    tree = Tree(
        [west, north, *parts, pinched, MultiPolygon(parts), outline],
        ["a", "b", "c", "d", "P", "Q", "Z"],
        [4, 4, 5, 5, 6, 6, -1],
        [True] * 4 + [False] * 3,
    )
    problems = checked(tree)
    assert problems == family_by_family(tree)
    assert [(p.kind, p.codes) for p in problems] == [("invalid", ("Z", "P"))]


def test_outline_that_is_invalid_or_off_the_lattice_is_a_problem_of_its_own():
    square = box(0, 0, 1, 1)
    bow = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    [invalid, *_] = check_levels([square, bow], ["a", "Z"], [1, -1], [True, False])
    assert (invalid.kind, invalid.codes) == ("invalid", ("Z",))
    off = shapely.box(0, 0, 1, 1 + 1e-9)
    [invalid, *_] = check_levels([square, off], ["a", "Z"], [1, -1], [True, False])
    assert (invalid.codes, "lattice" in invalid.message) == (("Z",), True)


def test_unit_off_the_lattice_is_found_in_its_family():
    square = box(0, 0, 1, 1)
    off = shapely.box(0, 0, 1, 1 + 1e-9)
    problems = check_levels(
        [square, off, square], ["a", "P", "Z"], [1, 2, -1], [True, False, False]
    )
    assert [(p.kind, p.codes) for p in problems] == [("invalid", ("Z", "P"))]


def test_units_that_no_way_leads_up_from_are_looked_at_as_any_other():
    square, far = box(0, 0, 1, 1), box(5, 5, 6, 6)
    tree = Tree(
        [square, square, far, far], ["a", "Z", "x", "y"], [1, -1, 3, 2], [True, *[False] * 3]
    )
    assert checked(tree) == family_by_family(tree) == []
