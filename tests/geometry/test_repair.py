"""Repair: what goes in messy comes out as an exact coverage, and every square metre is booked."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import FOUR_CORNERS, PICTURES, TOWN, draw
from shapely.geometry import MultiPolygon, Point, Polygon, box

from gridgeo.geometry.authalic import authalic_areas_m2
from gridgeo.geometry.coverage import check_coverage
from gridgeo.geometry.errors import InvalidShape, NotACoordinate
from gridgeo.geometry.lattice import on_lattice, snap
from gridgeo.geometry.measure import ellipsoid_area_m2
from gridgeo.geometry.repair import repair
from gridgeo.geometry.rings import map_rings

M = 1 / 111_195.0  # a metre of latitude in degrees
LIMITS = {"max_gap_m": 25.0, "max_overlap_m": 25.0}


def digitised_apart(shape, rng, wander, step):
    """A polygon as another office would have drawn it: other vertices, each a little off."""

    def redraw(ring):
        moved = ring[:-1] + rng.uniform(-wander, wander, ring[:-1].shape)
        return np.vstack((moved, moved[:1]))

    return map_rings(shapely.segmentize(shape, step), redraw)


def areas_m2(shapes):
    return authalic_areas_m2(np.array(shapes, dtype=object))


def assert_books_balance(repaired, codes):
    before, after = areas_m2(repaired.cleaned), areas_m2(repaired.polygons)
    for i, code in enumerate(codes):
        gained = sum(row.area_m2 for row in repaired.ledger if row.to_code == code)
        lost = sum(row.area_m2 for row in repaired.ledger if row.from_code == code)
        assert after[i] == pytest.approx(before[i] + gained - lost, abs=0.01)


def assert_exact(repaired, codes):
    assert check_coverage(repaired.polygons, codes, repaired.outline) == []


def rows(repaired, kind):
    return [row for row in repaired.ledger if row.kind == kind]


def squares(*boxes):
    """Boxes in metres from a place in the city."""
    x, y = 113.5, 34.75
    scale = np.array([M / np.cos(np.radians(y)), M])
    return [shapely.transform(box(*b), lambda xy: xy * scale + (x, y)) for b in boxes]


# --- laws --------------------------------------------------------------------------------------


@given(
    seed=st.integers(0, 10_000),
    name=st.sampled_from(sorted(set(PICTURES) - {"ring"})),
    wander=st.sampled_from([1e-8, 1e-7, 1e-6, 1e-5, 3e-5]),
    step=st.floats(0.0006, 0.03),
)
def test_units_digitised_apart_become_an_exact_coverage_with_balanced_books(
    seed, name, wander, step
):
    drawn, rng = draw(PICTURES[name], wobble=seed), np.random.default_rng(seed)
    messy = [digitised_apart(shape, rng, wander, step) for shape in drawn.shapes]
    repaired = repair(messy, drawn.codes, **LIMITS, outline=drawn.outline)
    assert_exact(repaired, drawn.codes)
    assert_books_balance(repaired, drawn.codes)
    assert all(on_lattice(shapely.get_coordinates(p)).all() for p in repaired.polygons)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_repairing_twice_changes_nothing_more(seed):
    drawn, rng = draw(TOWN, wobble=seed), np.random.default_rng(seed)
    messy = [digitised_apart(shape, rng, 1e-5, 0.002) for shape in drawn.shapes]
    once = repair(messy, drawn.codes, **LIMITS)
    twice = repair(once.polygons, drawn.codes, **LIMITS)
    assert twice.ledger == []
    assert all(a is b for a, b in zip(twice.polygons, twice.cleaned, strict=True))


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), order=st.permutations(range(4)))
def test_the_result_does_not_depend_on_the_order_of_the_input(seed, order):
    drawn, rng = draw(FOUR_CORNERS, wobble=seed), np.random.default_rng(seed)
    messy = [digitised_apart(shape, rng, 1e-5, 0.002) for shape in drawn.shapes]
    one = repair(messy, drawn.codes, **LIMITS)
    other = repair([messy[i] for i in order], [drawn.codes[i] for i in order], **LIMITS)
    for place, i in enumerate(order):
        assert shapely.normalize(other.polygons[place]) == shapely.normalize(one.polygons[i])


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_coverage_is_left_alone(name):
    drawn = draw(PICTURES[name], wobble=3)
    repaired = repair(drawn.shapes, drawn.codes, **LIMITS, outline=drawn.outline)
    assert repaired.ledger == [] and repaired.problems == [] and repaired.mended == []
    assert all(a is b for a, b in zip(repaired.polygons, repaired.cleaned, strict=True))


def test_areas_of_the_parts_sum_to_the_whole():
    whole = snap(box(113.0, 34.0, 114.0, 35.0))
    parts = [snap(box(113.0 + i / 10, 34.0, 113.1 + i / 10, 35.0)) for i in range(10)]
    assert areas_m2(parts).sum() == pytest.approx(areas_m2([whole])[0], abs=1e-4)
    small = snap(box(113.5, 34.7, 113.51, 34.71))
    assert areas_m2([small])[0] == pytest.approx(ellipsoid_area_m2(small), rel=1e-6)
    assert areas_m2([]).shape == (0,)


# --- rules -------------------------------------------------------------------------------------


def test_a_gap_goes_to_the_neighbour_with_the_longest_border():
    polygons = squares((0, 0, 50, 100), (53, 0, 150, 60), (53, 60, 150, 100), (0, -50, 150, 0))
    polygons += squares((0, 100, 150, 150))
    repaired = repair(polygons, list("abcde"), **LIMITS)
    assert_exact(repaired, list("abcde"))
    gaps = rows(repaired, "gap")
    assert {(row.from_code, row.to_code, row.holder) for row in gaps} == {(None, "a", "a")}
    assert sum(row.area_m2 for row in gaps) == pytest.approx(300, rel=0.01)


def test_among_equal_borders_the_lowest_code_takes_the_gap():
    polygons = squares((0, 0, 50, 100), (52, 0, 100, 100), (0, -50, 100, 0), (0, 100, 100, 150))
    for codes in (["2", "10", "x", "y"], ["10", "2", "x", "y"]):
        repaired = repair(polygons, codes, **LIMITS)
        assert {row.to_code for row in rows(repaired, "gap")} == {"10"}


def test_an_overlap_stays_with_the_claimant_of_the_longer_border():
    polygons = squares((0, 0, 52, 100), (50, 20, 100, 100), (50, 0, 100, 20))
    repaired = repair(polygons, list("bac"), **LIMITS)
    assert_exact(repaired, list("bac"))
    found = [(row.from_code, row.to_code, row.holder) for row in rows(repaired, "overlap")]
    assert found == [("a", None, "b"), ("c", None, "b")] or found == [
        ("c", None, "b"),
        ("b", None, "a"),
    ]
    assert sum(row.area_m2 for row in rows(repaired, "overlap")) == pytest.approx(200, rel=0.01)


def test_a_unit_never_loses_all_its_ground_to_an_overlap():
    polygons = squares((0, 0, 100, 100), (40, 40, 50, 50))
    repaired = repair(polygons, ["a", "kiosk"], **LIMITS)
    assert_exact(repaired, ["a", "kiosk"])
    assert ellipsoid_area_m2(repaired.polygons[1]) == pytest.approx(100, rel=0.01)
    assert [row.from_code for row in rows(repaired, "overlap")] == ["a"]


def test_of_two_identical_units_one_is_swallowed_and_reported():
    polygons = squares((0, 0, 20, 20), (0, 0, 20, 20), (20, 0, 40, 20))
    repaired = repair(polygons, list("bac"), **LIMITS)
    assert [(p.kind, p.codes) for p in repaired.problems] == [("invalid", ("b",))]
    assert repaired.polygons[0].is_empty
    assert_books_balance(repaired, list("bac"))


def test_a_long_gap_is_cut_where_its_neighbours_change():
    north = [(x, 4, x + 100, 60) for x in (0, 100, 200)]
    south = [(x, -60, x + 100, 0) for x in (-50, 50, 150, 250)]
    frame = [(-50, 60, 350, 90), (300, 0, 350, 60), (-50, 0, 0, 60)]
    codes = list("abcdefghij")
    repaired = repair(squares(*north, *south, *frame), codes, **LIMITS)
    assert_exact(repaired, codes)
    takers = {row.to_code for row in rows(repaired, "gap")}
    assert len(takers) >= 3
    assert max(row.area_m2 for row in rows(repaired, "gap")) < 500


def test_ground_beyond_the_outline_is_given_up():
    polygons, [outline] = squares((0, 0, 52, 100), (52, 0, 103, 100)), squares((0, 0, 100, 100))
    repaired = repair(polygons, ["a", "b"], **LIMITS, outline=outline)
    assert_exact(repaired, ["a", "b"])
    [row] = rows(repaired, "outside_parent")
    assert (row.from_code, row.to_code, row.holder) == ("b", None, None)
    assert row.area_m2 == pytest.approx(300, rel=0.01)


def test_a_notch_inside_the_outline_is_a_gap():
    polygons, [outline] = squares((0, 0, 50, 100), (50, 0, 97, 100)), squares((0, 0, 100, 100))
    repaired = repair(polygons, ["a", "b"], **LIMITS, outline=outline)
    assert_exact(repaired, ["a", "b"])
    assert [row.to_code for row in rows(repaired, "gap")] == ["b"]


def test_the_outline_gets_the_vertices_that_its_units_have_on_it():
    [outline] = squares((0, 0, 100, 100))
    repaired = repair(squares((0, 0, 33, 100), (33, 0, 100, 100)), ["a", "b"], **LIMITS,
                      outline=outline)  # fmt: skip
    assert len(shapely.get_coordinates(repaired.outline)) == 7
    assert_exact(repaired, ["a", "b"])


def test_an_overlap_far_inside_a_unit_is_found_though_the_unit_has_no_loose_edge():
    drawn = draw(TOWN)
    repaired = repair([*drawn.shapes, drawn.units["f"]], [*drawn.codes, "z"],
                      **LIMITS, outline=drawn.outline)  # fmt: skip
    assert {problem.codes for problem in repaired.problems} == {("f", "z")}


def test_a_layer_laid_over_a_whole_map_is_left_and_reported():
    cells = squares(*[(x, y, x + 100, y + 100) for x in (0, 100, 200) for y in (0, 100, 200)])
    codes = [*"abcdefghi", "z"]
    repaired = repair([*cells, *squares((0, 0, 300, 300))], codes, **LIMITS)
    assert {p.kind for p in repaired.problems} == {"overlap"}
    assert sum(p.area_m2 for p in repaired.problems) == pytest.approx(90_000, rel=0.01)
    assert repaired.ledger == []


def test_a_crumb_that_a_settled_overlap_cuts_off_goes_to_a_neighbour():
    body = squares((0, 0, 100, 100))[0].union(squares((98, 40, 108, 44))[0])
    wall = squares((100, 0, 104, 100))[0].union(squares((104, 0, 200, 100))[0])
    repaired = repair([body, wall.difference(squares((104, 40, 108, 44))[0])], ["a", "b"], **LIMITS)
    assert_exact(repaired, ["a", "b"])
    assert all(isinstance(shape, Polygon) for shape in repaired.polygons)
    assert_books_balance(repaired, ["a", "b"])


def test_a_crumb_that_hangs_on_a_wide_overlap_of_its_unit_is_none():
    [a, c], arm = squares((0, 0, 300, 300), (302, 0, 400, 300)), squares((100, 100, 304, 200))
    b = MultiPolygon([*arm, *squares((500, 0, 700, 200))])
    repaired = repair([a, b, c], ["a", "b", "c"], **LIMITS)
    assert rows(repaired, "island") == []
    assert [problem.codes for problem in repaired.problems] == [("a", "b")]


def test_a_unit_torn_apart_is_reported():
    bar = squares((0, 40, 300, 60))
    across = squares((140, 0, 160, 100))
    rest = squares((0, 0, 140, 40), (0, 60, 140, 100), (160, 0, 300, 40), (160, 60, 300, 100))
    codes = ["bar", "across", "sw", "nw", "se", "ne"]
    repaired = repair(bar + across + rest, codes, **LIMITS)
    torn = [p for p in repaired.problems if p.kind == "not_contiguous"]
    assert len(torn) == 1 and torn[0].codes[0] in ("bar", "across")


# --- limits ------------------------------------------------------------------------------------


def test_what_is_wider_than_the_limits_stays_and_is_located_and_measured():
    polygons = squares((0, 0, 50, 100), (57, 0, 110, 100), (104, 0, 160, 100), (0, -50, 160, 0),
                       (0, 100, 160, 150))  # fmt: skip
    repaired = repair(polygons, list("abcde"), max_gap_m=6.5, max_overlap_m=5.5)
    kinds = {problem.kind: problem for problem in repaired.problems}
    assert set(kinds) == {"gap", "overlap"}
    assert kinds["gap"].area_m2 == pytest.approx(700, rel=0.01)
    assert kinds["gap"].message.endswith("wider than max_gap_m = 6.5")
    assert kinds["overlap"].codes == ("b", "c")
    assert squares((50, 0, 57, 100))[0].contains(Point(kinds["gap"].lon, kinds["gap"].lat))
    assert rows(repaired, "gap") == [] and rows(repaired, "overlap") == []


def test_gap_and_overlap_have_limits_of_their_own():
    polygons = squares((0, 0, 50, 100), (57, 0, 110, 100), (104, 0, 160, 100), (0, -50, 160, 0),
                       (0, 100, 160, 150))  # fmt: skip
    repaired = repair(polygons, list("abcde"), max_gap_m=8, max_overlap_m=0)
    assert [problem.kind for problem in repaired.problems] == ["overlap"]
    assert len(rows(repaired, "gap")) == 1


def test_without_any_allowance_only_noding_is_done():
    drawn = draw(TOWN)
    loose = [shapely.segmentize(shape, 0.0037) for shape in drawn.shapes]
    repaired = repair(loose, drawn.codes, max_gap_m=0, max_overlap_m=0, outline=drawn.outline)
    assert_exact(repaired, drawn.codes)
    assert {row.kind for row in repaired.ledger} <= {"gap", "overlap", "noding", "outside_parent"}
    assert sum(row.area_m2 for row in repaired.ledger) < 500


def test_a_narrow_gap_between_wide_overlaps_stays():
    [around] = squares((0, 0, 300, 300))
    holed = around.difference(squares((150, 150, 155, 155))[0])
    repaired = repair([holed, holed], ["a", "b"], **LIMITS)
    assert {problem.kind for problem in repaired.problems} == {"gap", "overlap"}
    assert repaired.ledger == []


def test_a_narrow_overlap_among_wide_ones_goes_to_the_lowest_code():
    twice = squares((0, 0, 300, 300), (0, 0, 300, 300))
    apart = MultiPolygon(squares((150, 150, 155, 155), (500, 0, 600, 100)))
    repaired = repair([*twice, apart], ["b", "a", "c"], **LIMITS)
    assert [(row.from_code, row.holder) for row in rows(repaired, "overlap")] == [
        ("b", "a"),
        ("c", "a"),
    ]
    assert_books_balance(repaired, ["b", "a", "c"])


def test_a_hair_with_no_neighbour_stays_where_it_is():
    [ground, hole] = squares((0, 0, 300, 300), (100, 100, 200, 200))
    parts = [ground.difference(hole), *squares((150, 120, 150.05, 160))]
    repaired = repair([MultiPolygon(parts)], ["a"], **LIMITS)
    assert repaired.ledger == []
    assert len(shapely.get_parts(repaired.polygons[0])) == 2


def test_a_gap_around_a_unit_that_touches_its_corner_is_closed():
    frame = squares((-50, -50, 50, 50))[0].difference(squares((-10, -10, 10, 10))[0])
    west, east = (frame.intersection(half) for half in squares((-50, -50, 0, 50), (0, -50, 50, 50)))
    x, y = shapely.get_coordinates(squares((0, 10, 1, 11))[0]).min(axis=0)
    tip = squares((-4, -5, 4, 5))[0].union(Polygon([(x, y), (x - 2e-5, y - 5e-5),
                                                    (x + 2e-5, y - 5e-5)]))  # fmt: skip
    repaired = repair([west, east, tip], ["w", "e", "tip"], **LIMITS)
    assert_exact(repaired, ["w", "e", "tip"])
    assert_books_balance(repaired, ["w", "e", "tip"])


# --- each polygon by itself --------------------------------------------------------------------


def test_invalid_rings_are_mended_and_told():
    x, y = 113.5, 34.75
    bow_tie = Polygon([(x, y), (x + 1e-3, y + 1e-3), (x + 1e-3, y), (x, y + 1e-3)])
    doubled = Polygon([(x, y), (x, y), (x - 1e-3, y), (x - 1e-3, y + 1e-3), (x, y + 1e-3)])
    repaired = repair([bow_tie, doubled], ["tie", "twice"], **LIMITS)
    assert [(p.kind, p.codes) for p in repaired.mended] == [("invalid", ("tie",))]
    assert repaired.mended[0].message == "Self-intersection: mended"
    assert isinstance(repaired.polygons[0], MultiPolygon)
    assert_exact(repaired, ["tie", "twice"])


def test_a_unit_without_ground_is_a_problem_and_stays_empty():
    flat = Polygon([(113.5, 34.75), (113.6, 34.75), (113.5, 34.75)])
    [square] = squares((0, 0, 10, 10))
    repaired = repair([square, flat, Polygon()], ["a", "flat", "none"], **LIMITS)
    assert [(p.kind, p.codes) for p in repaired.problems] == [
        ("invalid", ("flat",)),
        ("invalid", ("none",)),
    ]
    assert [shape.is_empty for shape in repaired.polygons] == [False, True, True]


def test_a_ring_that_the_lattice_pinches_is_valid_afterwards():
    x, y = 113.5, 34.75
    neck = Polygon([(x, y), (x + 2e-4, y + 1.2e-8), (x + 2e-4, y + 1e-4), (x, y + 1e-4),
                    (x + 1e-4, y + 0.9e-8)])  # fmt: skip
    assert shapely.is_valid(neck)
    repaired = repair([neck], ["a"], **LIMITS)
    assert_exact(repaired, ["a"])
    assert repaired.mended == []


def test_nothing_at_all_is_repaired_to_nothing():
    repaired = repair([], [], **LIMITS)
    assert (repaired.polygons, repaired.ledger, repaired.problems) == ([], [], [])


def test_what_is_no_polygon_is_refused():
    with pytest.raises(InvalidShape, match="shape 0 is no polygon"):
        repair([Point(113.5, 34.75)], ["a"], **LIMITS)


def test_what_is_no_coordinate_is_refused():
    with pytest.raises(NotACoordinate):
        repair([Polygon([(0, 0), (181, 0), (1, 1)])], ["a"], **LIMITS)
