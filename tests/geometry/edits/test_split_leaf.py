import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import TOWN, draw
from shapely import LineString

from gridgeo.geometry.coverage import check_coverage
from gridgeo.geometry.edits.split import split
from gridgeo.geometry.errors import EditRefused
from gridgeo.geometry.lattice import on_lattice
from gridgeo.geometry.union import union_on_lattice

CELL = 0.001  # some 100 m
LEAF = draw("a a\na a", cell=CELL).units["a"]  # west, south = 113, 34.5
SEEDS = st.integers(0, 99)


def across(shape, angle, length=1.0):
    middle = shapely.get_coordinates(shape.representative_point())[0]
    way = np.array([np.cos(angle), np.sin(angle)]) * length
    return LineString([middle - way, middle + way])


@settings(max_examples=12)
@given(SEEDS, st.sampled_from("abcdefghi"), st.floats(0, 3.1), st.floats(0, 3.1))
def test_pieces_cover_the_ground_and_share_their_borders(seed, code, one, other):
    shape = draw(TOWN, cell=CELL, wobble=seed).units[code]
    pieces = split(shape, code, [across(shape, one), across(shape, other)], 0.5)
    codes = [str(i) for i in range(len(pieces))]
    assert check_coverage(pieces, codes, union_on_lattice(pieces)) == []
    assert on_lattice(shapely.get_coordinates(pieces)).all()
    assert union_on_lattice(pieces).symmetric_difference(shape).area < 1e-7 * shape.length
    assert [piece.area for piece in pieces] == sorted((p.area for p in pieces), reverse=True)


def test_corners_of_the_leaf_stay_where_they_were():
    old = {tuple(xy) for xy in shapely.get_coordinates(LEAF).tolist()}
    pieces = split(LEAF, "a", [across(LEAF, 0.3)], 0.5)
    new = {tuple(xy) for piece in pieces for xy in shapely.get_coordinates(piece).tolist()}
    assert old < new
    assert len(new - old) == 2


def test_line_may_bend_inside_and_end_on_the_border():
    line = LineString([(113.0, 34.501), (113.001, 34.5003), (113.002, 34.501)])
    large, small = split(LEAF, "a", [line], 0.0)
    assert shapely.touches(large, small)
    assert large.area + small.area == pytest.approx(LEAF.area, rel=1e-9)


def test_line_that_stops_a_little_short_is_taken_to_the_border():
    line = LineString([(113.000003, 34.501), (113.001997, 34.501)])  # 0.27 m short
    assert len(split(LEAF, "a", [line], 0.5)) == 2
    with pytest.raises(EditRefused) as refused:
        split(LEAF, "a", [line], 0.1)
    assert refused.value.kind == "does_not_cut"
    assert "0.28 m short" in refused.value.message or "0.27 m short" in refused.value.message
    assert (refused.value.lon, refused.value.lat) == (113.000003, 34.501)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("too_short", [(113.001, 34.501), (113.001, 34.501)]),
        ("crosses_itself", [(112.9, 34.501), (113.1, 34.501), (113.1, 34.502), (113.001, 34.4)]),
        ("outside", [(112.9, 34.6), (113.1, 34.6)]),
        ("does_not_cut", [(112.9, 34.5), (113.1, 34.5)]),
        ("does_not_cut", [(113.001, 34.501), (113.001, 34.6)]),
    ],
)
def test_line_that_cuts_nothing_is_refused_with_its_place(kind, line):
    with pytest.raises(EditRefused) as refused:
        split(LEAF, "a", [LineString(line)], 0.5)
    assert (refused.value.kind, refused.value.codes) == (kind, ("a",))
    assert abs(refused.value.lon - 113.001) < 0.2
    assert abs(refused.value.lat - 34.501) < 0.1


def test_closed_line_cuts_out_an_island():
    ring = LineString([(113.0005, 34.5005), (113.0015, 34.5005), (113.001, 34.5015),
                       (113.0005, 34.5005)])  # fmt: skip
    outer, inner = split(LEAF, "a", [ring], 0.5)
    assert len(outer.interiors) == 1
    assert shapely.Polygon(outer.interiors[0]).equals(inner)
