import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from maps import ENCLAVE, PICTURES, TOUCHING, TOWN, draw
from shapely.geometry import MultiPolygon, Point, Polygon, box

from gridgeo.geometry.coverage import (
    check_contiguous,
    check_coverage,
    check_nesting,
    same_cover,
)
from gridgeo.geometry.errors import InvalidShape
from gridgeo.geometry.lattice import SCALE, snap, to_degrees, to_lattice
from gridgeo.geometry.measure import ellipsoid_area_m2
from gridgeo.geometry.predicates import relate
from gridgeo.geometry.segments import net_segments

DRAWN = st.builds(draw, st.sampled_from(sorted(PICTURES.values())), wobble=st.integers(0, 99))


def _kinds(problems):
    return {problem.kind for problem in problems}


def _area(problems, kind):
    return sum(problem.area_m2 for problem in problems if problem.kind == kind)


@given(DRAWN)
def test_drawn_map_has_no_problem(drawn):
    assert check_coverage(drawn.shapes, drawn.codes, drawn.outline) == []


@pytest.mark.parametrize("wobble", [None, 1])
def test_map_without_holes_needs_no_outline(wobble):
    drawn = draw(TOWN, wobble=wobble)
    assert check_coverage(drawn.shapes, drawn.codes) == []


@given(DRAWN, st.data())
def test_missing_unit_is_a_gap_of_its_size(drawn, data):
    code = data.draw(st.sampled_from(drawn.codes))
    missing = drawn.units[code]
    rest = {c: s for c, s in drawn.units.items() if c != code}
    problems = check_coverage(list(rest.values()), list(rest), drawn.outline)
    assert _kinds(problems) == {"gap"}
    assert len(problems) == len(shapely.get_parts(missing))
    assert _area(problems, "gap") == pytest.approx(ellipsoid_area_m2(missing))
    assert all(relate(missing, p.lon, p.lat)[0] >= 0 for p in problems)


def test_gap_names_its_neighbours():
    units = dict(draw(TOWN).units)
    del units["d"]
    [gap] = check_coverage(list(units.values()), list(units))
    assert gap.codes == ("a", "b", "e", "f")


def test_hole_is_a_gap_without_an_outline_and_none_with_one():
    frame = draw(ENCLAVE).units["a"]
    assert _kinds(check_coverage([frame], ["a"])) == {"gap"}
    assert check_coverage([frame], ["a"], frame) == []


@given(DRAWN, st.data())
def test_doubled_unit_is_an_overlap_of_its_size(drawn, data):
    code = data.draw(st.sampled_from(drawn.codes))
    twice = drawn.units[code]
    problems = check_coverage([*drawn.shapes, twice], [*drawn.codes, "twin"], drawn.outline)
    assert {(p.kind, p.codes) for p in problems} == {("overlap", (code, "twin"))}
    assert _area(problems, "overlap") == pytest.approx(ellipsoid_area_m2(twice))


def test_unit_inside_another_is_an_overlap_that_touches_no_border():
    inner = box(113.002, 34.502, 113.004, 34.504)
    drawn = draw(TOWN)
    for outline in (None, drawn.outline):
        [overlap] = check_coverage([*drawn.shapes, inner], [*drawn.codes, "x"], outline)
        assert (overlap.kind, overlap.codes) == ("overlap", ("h", "x"))
        assert overlap.area_m2 == pytest.approx(ellipsoid_area_m2(inner))
        assert inner.contains(Point(overlap.lon, overlap.lat))


def test_unit_beyond_the_outline_is_outside_and_may_overlap_there_too():
    drawn = draw("a b")
    beyond = snap(box(113.02, 34.5, 113.03, 34.51))
    shapes, codes = [*drawn.shapes, beyond, beyond], ["a", "b", "x", "y"]
    problems = check_coverage(shapes, codes, drawn.outline)
    assert [(p.kind, p.codes) for p in problems] == [
        ("outside_parent", ("x", "y")),
        ("overlap", ("x", "y")),
    ]
    assert len({p.area_m2 for p in problems}) == 1


@given(st.integers(0, 999), st.integers(0, 99), st.tuples(*[st.integers(-40000, 40000)] * 2))
def test_vertex_moved_in_one_unit_only_is_found_and_the_areas_add_up(seed, pick, step):
    drawn = draw(TOWN, wobble=seed)
    position = pick % len(drawn.shapes)
    shapes = drawn.shapes
    ring = to_lattice(shapes[position].exterior.coords)[:-1]
    ring[pick % len(ring)] += step
    shapes[position] = Polygon(to_degrees(ring))
    problems = check_coverage(shapes, drawn.codes, drawn.outline)
    same = np.array_equal(net_segments(shapes), net_segments([drawn.outline]))
    assert (problems == []) == (same and shapes[position].is_valid)
    if shapes[position].is_valid and "unmatched_edge" not in _kinds(problems):
        surplus = _area(problems, "overlap") + _area(problems, "outside_parent")
        spare = surplus - _area(problems, "gap")
        change = ellipsoid_area_m2(shapes[position]) - ellipsoid_area_m2(drawn.shapes[position])
        assert spare == pytest.approx(change, rel=1e-4, abs=1.0)


def test_corner_on_a_neighbours_edge_is_an_unmatched_edge():
    shapes = [box(0, 0, 2, 1), box(0, 1, 1, 2), box(1, 1, 2, 2)]
    for outline in (None, snap(Polygon([(0, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1)]))):
        [edge] = check_coverage(shapes, ["low", "left", "right"], outline)
        assert (edge.kind, edge.codes) == ("unmatched_edge", ("left", "low", "right"))
        assert (edge.lon, edge.lat) == (1.0, 1.0)
        assert edge.size_m == pytest.approx(222_605, rel=1e-3)


@pytest.mark.parametrize("dip", [0, 1])
def test_corner_beside_a_slanted_edge_is_an_unmatched_edge_at_the_corner(dip):
    middle = (0.5, (1666667 - dip) / SCALE)
    lower = Polygon([(0, 0), (1, 0), (1, 3333333 / SCALE), middle])
    upper = Polygon([(0, 0), (1, 3333333 / SCALE), (1, 1), (0, 1)])
    [edge] = check_coverage([lower, upper], ["low", "up"])
    assert (edge.kind, edge.codes) == ("unmatched_edge", ("low", "up"))
    assert (edge.lon, edge.lat) == middle
    assert edge.size_m == pytest.approx(117_262, rel=1e-3)
    assert edge.area_m2 > 0


def test_defect_too_thin_for_its_face_to_be_seen_is_still_an_unmatched_edge():
    # The corner is 7e-10 lattice units off an edge that is longer than the doubles are fine.
    a, corner, b, top = (
        ((x - 90074953) / SCALE, (y - 38574452) / SCALE)
        for x, y in [(0, 0), (289040426, 179641817), (1144272509, 711178002), (0, 900000000)]
    )
    [edge] = check_coverage([Polygon([a, b, top])], ["up"], Polygon([a, corner, b, top]))
    assert (edge.kind, edge.codes, edge.lon) == ("unmatched_edge", ("up",), a[0])


def test_nothing_covers_nothing_and_has_no_problem():
    assert check_coverage([], []) == []


def test_unit_that_crosses_itself_is_invalid_with_reason_place_and_size():
    drawn = draw("a b")
    bow = Polygon([(113, 34.5), (113.01, 34.51), (113.01, 34.5), (113, 34.51)])
    problem = check_coverage([bow, drawn.units["b"]], ["a", "b"], drawn.outline)[0]
    assert (problem.kind, problem.codes) == ("invalid", ("a",))
    assert (problem.lon, problem.lat) == pytest.approx((113.005, 34.505))
    assert "Self-intersection" in problem.message


def test_unit_off_the_lattice_is_invalid_once():
    off = box(0, 0, 1 / 3, 1)
    [problem] = check_coverage([off], ["a"], snap(off))
    assert (problem.kind, problem.codes, problem.lon) == ("invalid", ("a",), 1 / 3)
    assert problem.area_m2 == pytest.approx(ellipsoid_area_m2(off))


def test_something_else_than_a_polygon_is_refused():
    for shape in (Point(0, 0), Polygon()):
        with pytest.raises(InvalidShape, match="shape 1"):
            check_coverage([box(0, 0, 1, 1), shape], ["a", "b"])


def test_unit_is_the_union_of_its_children_and_of_nothing_less():
    drawn = draw(TOWN, wobble=2)
    parent = drawn.parents({"P": "abd"})["P"]
    children = [drawn.units[code] for code in "abd"]
    assert check_nesting(parent, "P", children, list("abd")) == []
    [gap] = check_nesting(parent, "P", children[:2], list("ab"))
    assert (gap.kind, gap.codes[0]) == ("gap", "P")
    [spill] = check_nesting(parent, "P", [*children, drawn.units["i"]], list("abdi"))
    assert (spill.kind, spill.codes) == ("outside_parent", ("P", "i"))


def test_childless_unit_is_a_gap_as_a_whole():
    [gap] = check_nesting(box(0, 0, 1, 1), "P", [], [])
    assert (gap.kind, gap.codes) == ("gap", ("P",))


def test_same_cover_accepts_a_new_division_and_refuses_lost_and_taken_ground():
    town = draw(TOWN).units
    whole = draw(TOWN).parents({"P": "abd"})["P"]
    assert same_cover([town["a"], town["b"], town["d"]], [whole]) == []
    [lost] = same_cover([whole], [town["a"], town["b"]], codes=["a", "b"])
    assert lost.kind == "gap"
    [taken] = same_cover([town["a"]], [town["a"], town["b"]])
    assert (taken.kind, taken.codes) == ("overlap", ("1",))
    assert taken.area_m2 == pytest.approx(ellipsoid_area_m2(town["b"]))


def test_parts_apart_from_the_largest_are_not_contiguous():
    units = draw(TOUCHING).units
    shapes = [units["b"], MultiPolygon([units["c"], box(0, 0, 1, 1)])]
    [problem] = check_contiguous(shapes, ["b", "c"])
    assert (problem.kind, problem.codes) == ("not_contiguous", ("c",))
    assert relate(units["c"], problem.lon, problem.lat)[0] == 1
    assert problem.area_m2 == pytest.approx(ellipsoid_area_m2(units["c"]))
