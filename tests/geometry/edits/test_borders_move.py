"""Transfer, reshape and snap: two neighbours before and after, on the same ground."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import ENCLAVE, draw
from shapely import LineString, Polygon, box

from gridgeo.geometry.coverage import check_coverage
from gridgeo.geometry.edits.reshape_border import ReshapeBorder
from gridgeo.geometry.edits.snap_border import SnapBorder
from gridgeo.geometry.edits.transfer import Transfer
from gridgeo.geometry.errors import EditRefused
from gridgeo.geometry.lattice import snap
from gridgeo.geometry.union import union_on_lattice

CELL = 0.001  # some 100 m
PAIR = draw("a a b b\na a b b", cell=CELL).units  # the border is lon 113.002, 34.5 to 34.502
ROW = draw("a b c", cell=CELL).units
ISLAND = draw(ENCLAVE, cell=CELL).units


def require_same_ground(before, after):
    codes, shapes = list(after), list(after.values())
    union = union_on_lattice(shapes)
    assert check_coverage(shapes, codes, union) == []
    old = union_on_lattice(list(before.values()))
    assert union.symmetric_difference(old).area <= 1e-7 * old.length


def reshape(line, leaves=PAIR, reach_m=0.5):
    return ReshapeBorder(LineString(line), reach_m).drawn(leaves)


def snapped(line, leaves=PAIR, tolerance_m=10.0):
    return SnapBorder(LineString(line), tolerance_m).drawn(leaves)


def refusal(work):
    with pytest.raises(EditRefused) as refused:
        work()
    assert np.isfinite([refused.value.lon, refused.value.lat]).all()
    return refused.value


# --- transfer ----------------------------------------------------------------------------------


def transfer(piece, giver="a", taker="b", leaves=PAIR):
    edit = Transfer(giver, taker, snap(piece), 0.5)
    return edit.drawn(leaves[giver], leaves[taker])


@settings(max_examples=12)
@given(st.floats(0.0001, 0.0015), st.floats(34.5001, 34.5015), st.floats(0, 1.5))
def test_transferred_ground_changes_hands_and_nothing_else(size, lat, angle):
    corners = [(np.cos(angle + t), np.sin(angle + t)) for t in np.arange(4) * np.pi / 2]
    piece = Polygon([(113.002 + x * size, lat + y * size) for x, y in corners])
    inside = piece.intersection(shapely.union_all(list(PAIR.values())))
    after = transfer(inside)
    require_same_ground(PAIR, after)
    assert after["b"].area > PAIR["b"].area
    gone = PAIR["a"].difference(after["a"])
    assert gone.symmetric_difference(inside.intersection(PAIR["a"])).area < 2e-7 * piece.length


def test_sliver_that_would_be_left_goes_too():
    after = transfer(box(113.0000020, 34.5, 113.002, 34.501))
    assert after["a"].equals(
        box(113.0, 34.501, 113.002, 34.502) | box(113, 34.5, 113.000002, 34.501)
    )
    strip = box(113.0, 34.500003, 113.002, 34.502)  # leaves 0.3 m of the giver
    assert refusal(lambda: transfer(strip)).kind == "empty_result"


@pytest.mark.parametrize(
    ("kind", "piece"),
    [
        ("outside", box(113.0025, 34.5005, 113.003, 34.501)),
        ("outside", box(113.0015, 34.4, 113.003, 34.501)),
        ("empty_result", box(113.0, 34.5, 113.002, 34.502)),
        ("not_adjacent", box(113.0001, 34.5001, 113.0005, 34.5005)),
    ],
)
def test_piece_that_cannot_be_transferred_is_refused(kind, piece):
    refused = refusal(lambda: transfer(piece))
    assert (refused.kind, refused.codes[0]) == (kind, "a")


def test_corner_in_common_is_no_border():
    corner = draw("a c\nc b", cell=CELL).units
    at = shapely.get_coordinates(corner["a"].intersection(corner["b"]))[0]
    piece = box(at[0] - 1e-4, at[1], at[0], at[1] + 1e-4)
    assert refusal(lambda: transfer(piece, leaves=corner)).kind == "not_adjacent"


# --- reshape -----------------------------------------------------------------------------------


@settings(max_examples=12)
@given(
    st.lists(st.tuples(st.floats(113.0005, 113.0035), st.floats(34.5002, 34.5018)), max_size=4),
    st.tuples(st.floats(34.5001, 34.5019), st.floats(34.5001, 34.5019)),
)
def test_border_runs_along_any_line_between_two_of_its_points(inner, ends):
    first, last = ends
    line = LineString([(113.002, first), *inner, (113.002, last)])
    try:
        after = ReshapeBorder(line, 0.5).drawn(PAIR)
    except EditRefused as refused:
        assert refused.kind in ("crosses_itself", "too_short", "does_not_cut")
    else:
        require_same_ground(PAIR, after)
        border = after["a"].intersection(after["b"])
        assert shapely.distance(shapely.points(inner), border).max(initial=0.0) < 2e-7


def test_what_lies_between_old_and_new_way_changes_hands_on_both_sides():
    line = [(113.002, 34.5002), (113.0024, 34.5005), (113.0016, 34.5015), (113.002, 34.5018)]
    after = reshape(line)
    assert after["a"].contains(shapely.Point(113.0023, 34.5005))
    assert after["b"].contains(shapely.Point(113.0017, 34.5015))
    assert after["a"].contains(shapely.Point(113.001, 34.501))


def test_ends_a_little_off_the_border_are_taken_to_it():
    after = reshape([(113.002003, 34.5005), (113.0025, 34.501), (113.001998, 34.5015)])
    assert after["a"].contains(shapely.Point(113.0024, 34.501))
    require_same_ground(PAIR, after)


def test_around_an_island_the_shorter_part_of_its_border_is_replaced():
    line = [(113.0012, 34.502), (113.0015, 34.5023), (113.0018, 34.502)]
    for way in (line, line[::-1]):
        after = reshape(way, ISLAND)
        assert after["b"].area > ISLAND["b"].area
        assert after["b"].covers(ISLAND["b"])
        require_same_ground(ISLAND, after)


def test_part_of_an_island_border_may_hold_the_first_point_of_its_ring():
    ring = shapely.boundary(ISLAND["b"])
    corner = np.array(ring.coords[0])
    before, after = (ring.interpolate(x) for x in (-0.0002, 0.0002))
    middle = shapely.get_coordinates(ISLAND["b"].centroid)[0]
    beyond = corner + (corner - middle) * 0.3
    for ends in ((before, after), (after, before)):
        grown = reshape([ends[0].coords[0], beyond, ends[1].coords[0]], ISLAND)
        assert grown["b"].covers(ISLAND["b"])
        require_same_ground(ISLAND, grown)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("too_short", [(113.002, 34.501), (113.002, 34.501)]),
        ("not_on_border", [(113.0022, 34.5005), (113.0025, 34.5015)]),
        ("does_not_cut", [(113.002, 34.5005), (113.002, 34.5015)]),
        ("outside", [(113.002, 34.5005), (113.006, 34.501), (113.002, 34.5015)]),
        ("crosses_itself", [(113.002, 34.5005), (113.003, 34.501), (113.003, 34.5005),
                            (113.002, 34.5015)]),
    ],
)  # fmt: skip
def test_line_that_is_no_border_is_refused(kind, line):
    refused = refusal(lambda: reshape(line))
    assert (refused.kind, refused.codes) == (kind, ("a", "b"))


def test_neighbours_must_share_a_border():
    leaves = {"a": ROW["a"], "c": ROW["c"]}
    line = [(113.001, 34.5), (113.001, 34.501)]
    assert refusal(lambda: reshape(line, leaves)).kind == "not_adjacent"
    assert refusal(lambda: snapped(line, leaves)).kind == "not_adjacent"


def test_ends_must_lie_on_one_stretch_of_the_border():
    split_border = draw("a a b\na c b\na a b", cell=CELL).units
    leaves = {code: split_border[code] for code in "ab"}
    line = [(113.002, 34.5005), (113.0025, 34.5015), (113.002, 34.5025)]
    refused = refusal(lambda: reshape(line, leaves))
    assert (refused.kind, "stretches" in refused.message) == ("not_on_border", True)


def test_whole_leaf_is_not_given_away():
    line = [(113.002, 34.5), (113.0, 34.5), (113.0, 34.502), (113.002, 34.502)]
    refused = refusal(lambda: reshape(line))
    assert refused.kind == "empty_result"


# --- snap --------------------------------------------------------------------------------------


def test_border_comes_to_lie_on_the_line():
    road = [(113.00203, 34.499), (113.00206, 34.501), (113.00203, 34.503)]
    after = snapped(road)
    require_same_ground(PAIR, after)
    assert after["a"].area > PAIR["a"].area
    border = shapely.line_merge(after["a"].intersection(after["b"]))
    assert border.length > 0.0019
    inner = [border.interpolate(x, normalized=True) for x in np.linspace(0.05, 0.95, 9)]
    assert max(shapely.distance(LineString(road), inner)) < 2e-7


def test_only_the_stretch_near_the_line_moves():
    road = LineString([(113.001, 34.501), (113.00203, 34.501), (113.00203, 34.503)])
    after = snapped(road.coords)
    require_same_ground(PAIR, after)
    moved = shapely.symmetric_difference(after["a"], PAIR["a"])
    assert moved.bounds[1] > 34.5008
    assert moved.area > 0


def test_line_that_crosses_the_border_or_lies_far_away_snaps_nothing():
    across = [(113.0, 34.501), (113.004, 34.501)]
    far = [(113.003, 34.5), (113.003, 34.502)]
    for line in (across, far):
        refused = refusal(lambda line=line: snapped(line))
        assert (refused.kind, refused.codes) == ("not_on_border", ("a", "b"))
    assert "92" in refused.message or "91" in refused.message


def test_border_on_the_line_already_is_refused():
    assert refusal(lambda: snapped([(113.002, 34.499), (113.002, 34.503)])).kind == "does_not_cut"


def test_border_around_an_island_is_snapped_only_where_the_line_leads():
    road = [(113.0, 34.50203), (113.003, 34.50203)]
    after = snapped(road, ISLAND)
    require_same_ground(ISLAND, after)
    assert after["b"].area > ISLAND["b"].area
    ring = shapely.boundary(ISLAND["b"].buffer(0.00003)).coords
    assert refusal(lambda: snapped(ring, ISLAND, 20.0)).kind == "not_on_border"
