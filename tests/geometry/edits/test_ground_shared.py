"""Carving a new leaf out of others, and sharing out the ground of one that goes."""

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import ENCLAVE, TOWN, draw
from shapely import box

from gridgeo.geometry.coverage import check_coverage
from gridgeo.geometry.edits.carve import carve
from gridgeo.geometry.edits.neighbours import bordering, set_apart
from gridgeo.geometry.edits.share_out import share_out
from gridgeo.geometry.errors import EditRefused
from gridgeo.geometry.lattice import snap
from gridgeo.geometry.noding import node
from gridgeo.geometry.union import union_on_lattice

CELL = 0.001
SEEDS = st.integers(0, 99)


def require_coverage(shapes, outline):
    """They cover the outline once, as soon as those around have the corners of the new borders."""
    noded, _ = node(list(shapes.values()))
    union = union_on_lattice(noded)
    assert check_coverage(noded, list(shapes), union) == []
    assert union.symmetric_difference(outline).area <= 1e-7 * outline.length


@settings(max_examples=12)
@given(SEEDS, st.floats(0.0002, 0.0028), st.floats(0.0002, 0.0028), st.floats(0.0001, 0.002))
def test_new_leaf_takes_its_ground_from_all_that_lie_there(seed, x, y, size):
    town = draw(TOWN, cell=CELL, wobble=seed)
    drawn = box(113 + x, 34.5 + y, 113 + x + size, 34.5 + y + size)
    ground = snap(drawn.intersection(town.outline))
    carved = carve(town.units, ground, 0.5)
    untouched = {c: s for c, s in town.units.items() if c not in {*carved.rest, *carved.gone}}
    require_coverage({**untouched, **carved.rest, "new": carved.new}, town.outline)
    assert carved.new.symmetric_difference(ground).area < 2e-5 * ground.length


def test_leaf_of_which_a_sliver_is_left_goes():
    row = draw("a b c", cell=CELL).units
    carved = carve(row, box(113.000003, 34.5, 113.0015, 34.501), 0.5)
    assert (carved.gone, list(carved.rest)) == (("a",), ["b"])
    assert carved.new.equals(box(113.0, 34.5, 113.0015, 34.501))


def test_ground_of_nobody_is_refused_but_for_a_slip_of_the_hand():
    row = draw("a b c", cell=CELL).units
    with pytest.raises(EditRefused, match="outside the city") as refused:
        carve(row, box(113.0005, 34.5005, 113.001, 34.502), 0.5)
    assert refused.value.kind == "outside"
    assert 34.501 < refused.value.lat < 34.502
    slip = carve(row, box(113.0005, 34.5005, 113.001, 34.501003), 0.5)
    assert slip.new.equals(box(113.0005, 34.5005, 113.001, 34.501))


def test_ground_beside_all_leaves_is_empty():
    row = draw("a b c", cell=CELL).units
    with pytest.raises(EditRefused) as refused:
        carve(row, box(113.0, 34.501, 113.001, 34.501002), 0.5)
    assert refused.value.kind == "empty_result"


@settings(max_examples=12)
@given(SEEDS, st.sampled_from("abcdefghi"), st.integers(1, 4))
def test_heirs_share_the_ground_and_hang_together(seed, code, count):
    town = draw(TOWN, cell=CELL, wobble=seed)
    ground = town.units[code]
    others = [c for c in town.codes if c != code]
    near = bordering(ground, [town.units[c] for c in others])
    heirs = [c for c, yes in zip(others, near, strict=True) if yes][:count]
    after = share_out(ground, code, {c: town.units[c] for c in heirs})
    kept = {c: town.units[c] for c in others if c not in heirs}
    require_coverage({**kept, **after}, town.outline)
    for heir in heirs:
        parts = shapely.get_num_geometries
        assert parts(after[heir]) == parts(town.units[heir])
        assert after[heir].area > town.units[heir].area


def test_every_place_goes_to_the_heir_whose_border_is_nearest():
    row = draw("a b c", cell=CELL).units
    after = share_out(row["b"], "b", {"a": row["a"], "c": row["c"]})
    assert after["a"].symmetric_difference(box(113.0, 34.5, 113.0015, 34.501)).area < 1e-10
    assert after["c"].symmetric_difference(box(113.0015, 34.5, 113.003, 34.501)).area < 1e-10


def test_island_goes_to_the_one_around_it():
    land = draw(ENCLAVE, cell=CELL)
    after = share_out(land.units["b"], "b", {"a": land.units["a"]})
    assert after["a"].equals(land.outline)


def test_part_that_borders_no_heir_goes_to_one_all_the_same():
    land = draw("a b c b", cell=CELL).units
    after = share_out(land["b"], "b", {"a": land["a"]})
    assert after["a"].equals(land["a"] | land["b"])


def test_heir_that_only_meets_a_corner_is_refused():
    corner = draw("a c\nc b", cell=CELL).units
    with pytest.raises(EditRefused) as refused:
        share_out(corner["a"], "a", {"b": corner["b"]})
    assert (refused.value.kind, refused.value.codes) == ("not_adjacent", ("a", "b"))


def test_common_corner_makes_no_neighbours():
    corner = draw("a c\nc b", cell=CELL).units
    assert bordering(corner["a"], [corner["b"], corner["c"]]) == [False, True]
    assert set_apart([corner["a"], corner["b"]]) == [1]
    assert set_apart([corner["a"], corner["b"], corner["c"]]) == []
    row = draw("a b c d", cell=CELL).units
    assert set_apart([row["d"], row["a"], row["b"]]) == [1, 2]
