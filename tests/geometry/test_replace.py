import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from maps import ENCLAVE, FOUR_CORNERS, TOWN, draw
from shapely.geometry import LineString, MultiPolygon, Polygon, box
from shapely.ops import split

from gridgeo.geometry.coverage import check_coverage, check_nesting
from gridgeo.geometry.edits.replace import Replace
from gridgeo.geometry.errors import EditRefused, NotACoordinate
from gridgeo.geometry.lattice import SCALE, on_lattice
from gridgeo.geometry.rings import map_rings
from gridgeo.geometry.union import union_on_lattice

FAMILY = {"P": "abd", "Q": "cfg", "R": "ehi"}
CENTIMETRE = 0.01
SEEDS = st.integers(0, 999)


def town(seed):
    """A drawn map, and its units and their parents in one mapping."""
    drawn = draw(TOWN, wobble=seed)
    return drawn, {**drawn.units, **drawn.parents(FAMILY)}


def cut(code, shape, angle):
    """A shape cut by a line through its middle: pieces by code, in degrees of any precision."""
    middle = shapely.get_coordinates(shape.representative_point())[0]
    way = np.array([np.cos(angle), np.sin(angle)])
    pieces = split(shape, LineString([middle - way, middle + way])).geoms
    return dict(zip((code, "x", "y", "z"), pieces, strict=False))


def problems_of(state, family, outline):
    leaves = [code for code in state if code not in family]
    found = check_coverage([state[c] for c in leaves], leaves, outline)
    for parent, children in family.items():
        found += check_nesting(state[parent], parent, [state[c] for c in children], list(children))
    return found


def noded_outline(state):
    return union_on_lattice([state[parent] for parent in "PQR"])


def lose(shape, by):
    """A shape of which every corner is moved by at most `by` lattice steps, not on the lattice."""
    rng = np.random.default_rng(1)

    def move(ring):
        step = rng.uniform(-by, by, ring.shape) / SCALE
        step[-1] = step[0]
        return ring + step

    return map_rings(shape, move)


@given(SEEDS, st.floats(0, 3.1))
def test_split_leaf_keeps_the_law_on_every_level(seed, angle):
    drawn, state = town(seed)
    pieces = cut("f", state["f"], angle)
    family = {**FAMILY, "Q": ["c", "g", *pieces]}
    edit = Replace(pieces, ["f"], {"Q": family["Q"]})
    after = edit.apply(state).apply(state)
    assert problems_of(after, family, noded_outline(after)) == []
    assert on_lattice(shapely.get_coordinates(list(after.values()))).all()
    assert all(node.moved_m < CENTIMETRE for node in edit.fit(state).nodes)
    assert after["P"].symmetric_difference(state["P"]).area < 1e-8
    assert noded_outline(after).symmetric_difference(drawn.outline).area < 1e-8


@given(SEEDS, st.floats(0, 3.1))
def test_redraw_and_its_inverse_give_the_map_back_to_the_bit(seed, angle):
    _, state = town(seed)
    pieces = cut("c", state["c"], angle)
    delta = Replace(pieces, ["c"], {"Q": ["f", "g", *pieces]}).apply(state)
    back = (~delta).apply(delta.apply(state))
    assert {c: s.wkb for c, s in back.items()} == {c: s.wkb for c, s in state.items()}
    assert not delta + ~delta


@given(SEEDS)
def test_leaves_drawn_as_they_are_change_nothing(seed):
    _, state = town(seed)
    turned = {code: state[code].reverse() for code in "abd"}
    assert not Replace(turned, "abd", {"P": "abd"}).apply(state)
    several = {code: MultiPolygon([state[code]]) for code in "abd"}
    assert not Replace(several, "abd", {"P": "abd"}).apply(state)


def test_merged_leaves_keep_the_corners_of_their_neighbours():
    _, state = town(3)
    merged = union_on_lattice([state["c"], state["f"]])
    delta = Replace({"c": merged}, "cf", {"Q": "cg"}).apply(state)
    assert delta.codes == ("c", "f")
    after = delta.apply(state)
    assert problems_of(after, {**FAMILY, "Q": "cg"}, noded_outline(after)) == []


def test_border_that_moves_between_two_parents_redraws_both():
    _, state = town(None)
    strip = box(113.02, 34.52, 113.03, 34.53)
    assert strip.within(state["f"])
    wider = union_on_lattice([state["d"], strip])
    edit = Replace({"d": wider, "f": state["f"].difference(strip)}, "df",
                   {"P": "abd", "Q": "cfg"})  # fmt: skip
    delta = edit.apply(state)
    assert set(delta.codes) == {"d", "f", "P", "Q"}
    after = delta.apply(state)
    assert after["P"].equals(state["P"].union(strip))
    assert problems_of(after, FAMILY, noded_outline(after)) == []


def test_leaf_may_become_a_parent_and_a_parent_a_leaf():
    _, state = town(2)
    pieces = cut("w", state["f"], 1.0)
    after = Replace(pieces, ["f"], {"f": list(pieces)}).apply(state).apply(state)
    family = {**FAMILY, "f": list(pieces)}
    assert problems_of(after, family, noded_outline(after)) == []
    back = Replace({"f": after["f"]}, list(pieces)).apply(after)
    assert (set(back.old), back.new) == (set(pieces), {})


def test_units_above_that_lose_all_their_leaves_go():
    _, state = town(2)
    merged = union_on_lattice([state[code] for code in "cfgehi"])
    edit = Replace({"c": merged}, "cfgehi", {"Q": "c"}, gone="R")
    after = edit.apply(state).apply(state)
    assert set(after) == set("abdcPQ")
    assert problems_of(after, {"P": "abd", "Q": "c"}, None) == []


def test_new_border_brings_its_corners_to_all_levels_outside():
    """The line ends on slanted borders, where no lattice point lies exactly."""
    _, state = town(7)
    edit = Replace(cut("f", state["f"], 0.3), ["f"])
    fitted = edit.fit(state)
    assert fitted.nodes
    delta = edit.apply(state)
    for node in fitted.nodes:
        at = shapely.Point(node.lon, node.lat)
        near = [c for c, s in state.items() if s.boundary.distance(at) * SCALE < 1 and c != "f"]
        assert near
        for code in near:
            assert [node.lon, node.lat] in shapely.get_coordinates(delta.new[code]).tolist()


def test_new_border_may_end_on_the_edge_of_the_city():
    square = draw("a")
    west, east = box(113.0, 34.5, 113.0033333, 34.51), box(113.0033333, 34.5, 113.01, 34.51)
    state = {"a": square.units["a"], "city": square.outline}
    delta = Replace({"a": west, "b": east}, ["a"]).apply(state)
    assert delta.new["city"].equals(square.outline)
    assert len(shapely.get_coordinates(delta.new["city"])) == 7


@given(SEEDS)
def test_corners_within_a_centimetre_of_the_old_border_are_drawn_onto_it(seed):
    """Half a lattice step either way, and another half for the snapping."""
    _, state = town(seed)
    loose = lose(state["f"], 0.5)
    assert not Replace({"f": loose}, ["f"]).apply(state)


@given(SEEDS, st.floats(0.2, 0.8))
def test_corners_drawn_beside_an_old_edge_move_onto_it(seed, share):
    _, state = town(seed)

    def refine(ring):
        middles = ring[:-1] + share * np.diff(ring, axis=0) + 0.5 / SCALE
        return np.concatenate((np.stack((ring[:-1], middles), 1).reshape(-1, 2), ring[-1:]))

    delta = Replace({"f": map_rings(state["f"], refine)}, ["f"]).apply(state)
    after = delta.apply(state)
    assert problems_of(after, FAMILY, noded_outline(after)) == []
    assert after["f"].symmetric_difference(state["f"]).area <= state["f"].length / SCALE


def test_corner_left_out_on_the_old_border_comes_back():
    """Nobody else has drawn the corner away, so it stays, within a centimetre of the new edge."""
    drawn = draw(FOUR_CORNERS)
    west, south, east, north = drawn.units["a"].bounds
    bent = Polygon([(west, south), (east, south), (east + 1e-7, 34.505), (east, north),
                    (west, north)])  # fmt: skip
    state = {**drawn.units, "a": bent, "c": drawn.units["c"].difference(bent)}
    assert check_coverage(list(state.values()), list(state), drawn.outline) == []
    assert not Replace({"a": box(west, south, east, north)}, ["a"]).apply(state)


def test_enclave_is_ground_of_others():
    drawn = draw(ENCLAVE)
    state = dict(drawn.units)
    refused = refusal(Replace({"a": drawn.outline}, ["a"]), state)
    assert (refused.kind, refused.codes) == ("overlap", ("a", "b"))
    assert "the ground of b, which is not drawn anew" in refused.message
    after = Replace(cut("a", state["a"], 0.1), ["a"]).apply(state).apply(state)
    assert check_coverage(list(after.values()), list(after), None) == []


# --- refusals: each with its kind, its place and its codes -------------------------------------


def refusal(edit, state):
    with pytest.raises(EditRefused) as caught:
        edit.apply(state)
    return caught.value


@pytest.mark.parametrize(
    ("change", "kind", "codes"),
    [
        ({"a": box(113.0, 34.51, 113.009, 34.52)}, "gap", ("a", "b", "c")),
        ({"a": box(113.0, 34.51, 113.011, 34.52)}, "overlap", ("a", "c")),
        ({"a": box(112.999, 34.51, 113.01, 34.52)}, "outside_parent", ("a",)),
        ({"a": box(113.0, 34.51, 113.01, 34.521)}, "outside_parent", ("a",)),
        ({"a": box(34.5, 34.5, 34.6, 34.6)}, "outside_parent", ("a",)),
        ({"a": Polygon([(113, 34.51), (113.01, 34.52), (113.01, 34.51), (113, 34.52)])},
         "invalid", ("a",)),
        ({"a": Polygon([(113, 34.51), (113.01, 34.51), (113.01, 34.51000001)])},
         "invalid", ("a",)),
    ],
)  # fmt: skip
def test_broken_redraw_is_refused_with_kind_place_and_codes(change, kind, codes):
    drawn = draw("""
        a c
        b d
    """)
    state = dict(drawn.units)
    refused = refusal(Replace({**state, **change}, "abcd"), state)
    assert (refused.kind, refused.codes) == (kind, codes)
    assert {problem.kind for problem in refused.problems} >= {kind}
    assert change["a"].envelope.buffer(0.002).intersects(shapely.Point(refused.lon, refused.lat))


def test_missing_unit_is_a_gap_where_it_stood():
    _, state = town(1)
    refused = refusal(Replace({"c": state["c"], "f": state["f"]}, "cfg"), state)
    assert refused.kind == "gap"
    assert "they were g's" in refused.message
    assert state["g"].intersects(shapely.Point(refused.lon, refused.lat))


def test_nothing_drawn_leaves_the_whole_ground_a_gap():
    _, state = town(1)
    assert refusal(Replace({}, "g"), state).kind == "gap"


def test_metres_instead_of_degrees_are_no_coordinates():
    _, state = town(1)
    with pytest.raises(NotACoordinate):
        Replace({"g": box(460_000, 3_840_000, 460_100, 3_840_100)}, "g").apply(state)


def test_all_problems_come_with_the_refusal():
    _, state = town(None)
    hole, spill = box(113.051, 34.541, 113.052, 34.542), box(113.06, 34.545, 113.062, 34.546)
    refused = refusal(Replace({"c": state["c"].difference(hole).union(spill)}, "c"), state)
    assert {problem.kind for problem in refused.problems} == {"gap", "outside_parent"}
    assert "(and 1 more)" in refused.message


def test_neighbour_whose_border_would_touch_itself_refuses_the_edit():
    """The neighbour's notch reaches to where the slanted edge gets its new corner."""
    slanted = Polygon([(0, 0), (10, 1e-7), (10, 10), (0, 10)])
    around = Polygon([(0, 0), (0, -10), (4, -10), (5, 0), (6, -10), (10, -10), (10, 1e-7)])
    state = {"a": slanted, "b": around, "c": Polygon([(4, -10), (6, -10), (5, 0)])}
    drawn = {"a": Polygon([(0, 0), (5, 0), (5, 10), (0, 10)]),
             "x": Polygon([(5, 0), (10, 1e-7), (10, 10), (5, 10)])}  # fmt: skip
    refused = refusal(Replace(drawn, "a"), state)
    assert (refused.kind, refused.codes, refused.lon, refused.lat) == ("invalid", ("b",), 5.0, 0.0)


def test_corner_that_would_make_a_drawn_leaf_touch_itself_refuses_the_edit():
    drawn = {"p": Polygon([(0, 0), (0, -10), (4, -10), (5, 0), (6, -10), (12, -10), (12, 1e-7)]),
             "q": Polygon([(0, 0), (5.5, 0), (12, 1e-7), (12, 10), (0, 10)]),
             "r": Polygon([(4, -10), (6, -10), (5, 0)])}  # fmt: skip
    refused = refusal(Replace(drawn, "g"), {"g": box(0, -10, 12, 10)})
    assert (refused.kind, refused.lon, refused.lat) == ("invalid", 5.0, 0.0)


def test_leaf_too_thin_for_the_border_is_refused():
    thin = Polygon([(0, 0), (10, 0), (5, 1e-7)])
    drawn = {"a": box(0, 0, 10, 10).difference(thin), "x": thin}
    refused = refusal(Replace(drawn, "a"), {"a": box(0, 0, 10, 10)})
    assert (refused.kind, refused.codes) == ("invalid", ("x",))


def test_slit_narrower_than_the_lattice_closes():
    slit = Polygon([(0, 0), (10, 0), (10, 10), (5.00000004, 10), (5, 1), (4.99999996, 10),
                    (0, 10)])  # fmt: skip
    assert slit.is_valid
    delta = Replace({"a": slit}, "a").apply({"a": box(0, 0, 10, 10)})
    assert delta.new["a"].equals(box(0, 0, 10, 10))


def test_nothing_asked_is_nothing_changed():
    _, state = town(1)
    assert not Replace({}, ()).apply(state)


@pytest.mark.parametrize("by", [0.0, 1.0])
def test_ground_beyond_the_whole_map_has_no_owner_to_name(by):
    square = draw("a")
    spill = square.outline.union(box(113.01, 34.503, 113.012 + by, 34.504))
    refused = refusal(Replace({"a": spill}, "a"), dict(square.units))
    assert (refused.kind, refused.codes) == ("outside_parent", ("a",))
