import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from maps import TOWN, draw
from shapely.geometry import Polygon, box

from gridgeo.geometry.coverage import check_coverage, check_nesting, same_cover
from gridgeo.geometry.edits.move_vertex import MoveVertex
from gridgeo.geometry.errors import EditRefused
from gridgeo.geometry.lattice import SCALE

FAMILY = {"P": "abd", "Q": "cfg", "R": "ehi"}
STEPS = st.tuples(*[st.integers(-150_000, 150_000)] * 2)


def _town(seed):
    """Units and their parents in one mapping, and the drawn map itself."""
    drawn = draw(TOWN, wobble=seed)
    return drawn, {**drawn.units, **drawn.parents(FAMILY)}


def _inner_vertex(drawn, pick):
    corners = np.unique(shapely.get_coordinates(drawn.shapes), axis=0)
    outer = {tuple(xy) for xy in shapely.get_coordinates(drawn.outline)}
    inner = [tuple(xy) for xy in corners.tolist() if tuple(xy) not in outer]
    return inner[pick % len(inner)]


def _naively_moved(shape, at, to):
    return shapely.transform(shape, lambda xy: np.where((xy == at).all(1)[:, None], to, xy))


def _problems(drawn, state):
    leaves = {code: state[code] for code in drawn.codes}
    found = check_coverage(list(leaves.values()), list(leaves), drawn.outline)
    for parent, children in FAMILY.items():
        shapes = [state[code] for code in children]
        found += check_coverage([state[parent]], [parent], state[parent])
        found += check_nesting(state[parent], parent, shapes, list(children))
    return found


@given(st.integers(0, 99), st.integers(0, 99), STEPS)
def test_move_is_refused_exactly_when_it_would_break_a_law(seed, pick, step):
    drawn, state = _town(seed)
    at = _inner_vertex(drawn, pick)
    to = tuple((round(d * SCALE) + n) / SCALE for d, n in zip(at, step, strict=True))
    naive = {code: _naively_moved(shape, at, to) for code, shape in state.items()}
    try:
        delta = MoveVertex(at, to).apply(state, drawn.outline)
    except EditRefused as refused:
        assert refused.codes
        assert step == (0, 0) or refused.kind == "vertex_taken" or _problems(drawn, naive)
    else:
        after = delta.apply(state)
        assert after == naive
        assert _problems(drawn, after) == []
        leaves = [code for code in delta.codes if code in drawn.units]
        assert same_cover([delta.old[c] for c in leaves], [delta.new[c] for c in leaves]) == []


@given(st.integers(0, 99), st.integers(0, 99))
def test_move_and_its_inverse_give_the_map_back_to_the_bit(seed, pick):
    drawn, state = _town(seed)
    at = _inner_vertex(drawn, pick)
    delta = MoveVertex(at, (at[0] + 3e-7, at[1] - 2e-7)).apply(state, drawn.outline)
    back = (~delta).apply(delta.apply(state))
    assert {c: s.wkb for c, s in back.items()} == {c: s.wkb for c, s in state.items()}
    assert not delta + ~delta


def _refusal(move, state, outline):
    with pytest.raises(EditRefused) as caught:
        move.apply(state, outline)
    return caught.value


def test_place_without_a_vertex_is_refused_with_the_nearest_one():
    drawn, state = _town(None)
    refused = _refusal(MoveVertex((113.0101, 34.51), (113.02, 34.5)), state, drawn.outline)
    assert (refused.kind, refused.lon, refused.lat) == ("no_vertex", 113.01, 34.51)
    assert "9.18" in refused.message


def test_only_units_at_the_vertex_are_concerned():
    assert MoveVertex((113.01, 34.51), (113.02, 34.5)).box == (113.01, 34.51, 113.01, 34.51)


def test_map_without_units_has_no_vertex():
    refused = _refusal(MoveVertex((1, 1), (2, 2)), {}, box(0, 0, 4, 4))
    assert (refused.kind, refused.lon, refused.codes) == ("no_vertex", 1.0, ())


def test_move_to_the_same_lattice_point_is_refused():
    drawn, state = _town(None)
    refused = _refusal(MoveVertex((113.01, 34.52), (113.01 + 1e-9, 34.52)), state, drawn.outline)
    assert (refused.kind, refused.codes) == ("same_place", ("P", "R", "d", "e"))


def test_outline_does_not_move():
    drawn, state = _town(None)
    refused = _refusal(MoveVertex((113.0, 34.53), (113.001, 34.53)), state, drawn.outline)
    assert (refused.kind, refused.codes) == ("on_outline", ("P", "R", "a", "e"))


def test_vertex_on_an_edge_of_the_outline_does_not_move_either():
    halves = {"low": box(0, 0, 2, 1), "high": box(0, 1, 2, 2)}
    refused = _refusal(MoveVertex((0.0, 1.0), (0.5, 1.0)), halves, box(0, 0, 2, 2))
    assert refused.kind == "on_outline"


def test_move_onto_another_vertex_is_refused():
    drawn, state = _town(None)
    refused = _refusal(MoveVertex((113.02, 34.52), (113.03, 34.52)), state, drawn.outline)
    assert (refused.kind, refused.lon) == ("vertex_taken", 113.03)


def _fan():
    """Four triangles around (2, 2) in a square, and the frame around it."""
    corners = [(1, 1), (3, 1), (3, 3), (1, 3)]
    sides = zip("abcd", corners, corners[1:] + corners[:1], strict=True)
    fan = {code: Polygon([p, q, (2, 2)]) for code, p, q in sides}
    return {**fan, "frame": Polygon(box(0, 0, 4, 4).exterior, [corners])}, box(0, 0, 4, 4)


def test_move_across_a_neighbour_is_refused():
    refused = _refusal(MoveVertex((2, 2), (2, 0.5)), *_fan())
    assert (refused.kind, refused.codes) == ("crosses_neighbour", ("a",))


def test_move_onto_an_edge_is_refused_as_invalid():
    refused = _refusal(MoveVertex((2, 2), (2, 1)), *_fan())
    assert (refused.kind, refused.codes) == ("invalid", ("a",))


def test_move_inside_the_ring_around_the_vertex_changes_all_that_meet_there():
    state, outline = _fan()
    delta = MoveVertex((2, 2), (2, 1.0000001)).apply(state, outline)
    assert delta.codes == ("a", "b", "c", "d")
