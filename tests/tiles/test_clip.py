"""Units cut at the edge of a tile: the short way cuts as the long way does."""

import numpy as np
import shapely
from hypothesis import event, given, settings
from hypothesis import strategies as st

from gridgeo.tiles.drawn.clip import cut_once, cut_unit

LOW, HIGH = -64, 4160


def rounded(angles, radii, centre):
    xy = np.array(radii)[:, None] * np.column_stack((np.cos(angles), np.sin(angles)))
    return np.rint(xy).astype(np.int64) + np.array(centre)


def once(ring):
    keys = np.empty(2 * (len(ring) + 8), dtype=np.int64)
    return keys[: cut_once(ring, LOW, HIGH, keys)].tolist()


def places(keys):
    return [((key >> 32) + LOW, (key & 0xFFFFFFFF) + LOW) for key in keys]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(2, 60), min_size=4, max_size=14),
    st.sampled_from([(LOW, 500), (HIGH, HIGH), (700, LOW), (HIGH - 9, 2000), (LOW + 5, HIGH)]),
)
def test_the_short_way_cuts_as_the_long_way(radii, centre):
    angles = np.arange(len(radii)) * 2 * np.pi / len(radii)
    ring = rounded(angles, radii, centre)
    if not shapely.Polygon(ring).is_valid:
        return
    keys, ends = cut_unit(ring, np.array([0, len(ring)]), 0, 1, LOW, HIGH)
    short = once(ring)
    event("short" if short else "long")
    if short:
        assert ends.tolist() == [0, len(short)]
        assert short == keys.tolist()
        assert shapely.LinearRing(places(short)).is_simple


def test_a_ring_that_goes_out_once_is_cut_the_short_way():
    square = np.array([[100, 100], [200, 100], [200, LOW - 50], [100, LOW - 50]])[::-1].copy()
    assert places(once(square)) == [(100, LOW), (200, LOW), (200, 100), (100, 100)]


def test_what_the_short_way_cannot_do_it_leaves():
    through = np.array([[-500, 100], [5000, 100], [5000, 200], [-500, 200]])
    around = np.array([[-500, -500], [5000, -500], [5000, 5000], [-500, 5000]])
    twice = np.array([[10, 10], [60, -200], [100, 10], [140, -200], [180, 10], [180, 90], [10, 90]])
    by_a_corner = np.array([[10, 10], [10, LOW - 20], [LOW - 20, LOW - 20], [LOW - 20, 10]])
    close = np.array([[10, -200], [20, -200], [20, 30], [11, -63], [10, 30]])
    for ring in (through, around, twice):
        assert once(ring) == []
    assert once(by_a_corner[::-1].copy()) != []
    assert once(close) == []


def test_a_cut_on_the_very_corner_of_the_square_is_left_to_the_long_way():
    diagonal = np.array([[0, 0], [LOW - 64, LOW - 64], [0, LOW - 64]])
    assert once(diagonal) == []
