"""What two polygons have in common, against rational numbers and small whole ones."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from shapely import affinity

from gridgeo.geometry.rational import relate_rational
from gridgeo.geometry.relations import Common, ExactPolygon

RELATIONS = ("touches", "overlaps", "covers", "within", "intersects")
SQUARE = shapely.box(0, 0, 4, 4)


def compared(one, two):
    return ExactPolygon(one).compare(ExactPolygon(two))


# --- the twins ---------------------------------------------------------------------------------


def corners(shape):
    for ring in (r for part in shapely.get_parts(shape) for r in shapely.get_rings(part)):
        yield [(Fraction(x), Fraction(y)) for x, y in ring.coords]


def cut_by(shape, other):
    """Middles of the pieces of a border, cut wherever the border of another is met."""
    edges = [edge for ring in corners(other) for edge in pairwise(ring)]
    for ring in corners(shape):
        for a, b in pairwise(ring):
            stops = sorted(
                {Fraction(0), Fraction(1), *(s for edge in edges for s in shares(a, b, *edge))}
            )
            for s, t in pairwise(stops):
                middle = (s + t) / 2
                yield tuple(p + middle * (q - p) for p, q in zip(a, b, strict=True))


def shares(a, b, c, d):
    """Shares of the way from a to b at which the edge from c to d is met or ends beside it."""
    (ux, uy), (vx, vy) = (b[0] - a[0], b[1] - a[1]), (d[0] - c[0], d[1] - c[1])
    wx, wy = c[0] - a[0], c[1] - a[1]
    turn = ux * vy - uy * vx
    length = ux * ux + uy * uy
    if length == 0:
        return
    if turn:
        s, t = (wx * vy - wy * vx) / turn, (wx * uy - wy * ux) / turn
        if 0 <= s <= 1 and 0 <= t <= 1:
            yield s
    elif wx * uy == wy * ux:
        for x, y in (c, d):
            s = ((x - a[0]) * ux + (y - a[1]) * uy) / length
            if 0 <= s <= 1:
                yield s


def rational(one, two):
    """What two polygons have in common, by points a little beside every piece of every border."""
    seen = {
        (relate_rational(one, x + dx, y + dy), relate_rational(two, x + dx, y + dy))
        for shape, other in ((one, two), (two, one))
        for x, y in cut_by(shape, other)
        for tiny in (Fraction(1, 10**60),)
        for dx, dy in (
            (0, 0),
            (tiny, tiny / 3),
            (-tiny, tiny / 3),
            (tiny / 3, -tiny),
            (-tiny, -tiny),
        )
    }
    ends = {
        (relate_rational(one, x, y), relate_rational(two, x, y))
        for shape in (one, two)
        for ring in corners(shape)
        for x, y in ring
    }
    meet = any(a >= 0 and b >= 0 for a, b in seen | ends)
    return Common(meet, (1, 1) in seen, (1, -1) in seen, (-1, 1) in seen)


def small_whole(one, two):
    """What shapely says; right for small whole numbers."""
    return {name: bool(getattr(shapely, {"within": "covered_by"}.get(name, name))(one, two))
            for name in RELATIONS}  # fmt: skip


# --- shapes ------------------------------------------------------------------------------------


def is_whole(shape):
    xy = shapely.get_coordinates(shape)
    return shape.area > 0 and bool((xy == np.rint(xy)).all())


def around_middle(places):
    """A polygon with these corners, in the order in which they lie around their middle."""
    xy = np.array(places, dtype=float)
    east, north = (xy - xy.mean(axis=0)).T
    return shapely.Polygon(xy[np.argsort(np.arctan2(north, east))])


@st.composite
def polygons(draw, size=5):
    """A valid polygon with small whole corners, perhaps with holes, or in parts."""
    places = st.tuples(st.integers(0, size), st.integers(0, size))
    shape = SQUARE
    for corners in draw(st.lists(st.lists(places, min_size=3, max_size=7), max_size=3)):
        found = around_middle(corners)
        if not found.is_valid or not is_whole(found):
            continue
        other = draw(st.sampled_from([found, shape - found, shape | found, found - shape]))
        parts = [p for p in shapely.get_parts(other) if p.geom_type == "Polygon"]
        if parts and is_whole(shapely.union_all(parts)):
            shape = shapely.union_all(parts)
    return shape


@given(polygons(), polygons())
def test_of_small_whole_numbers_it_says_what_shapely_says(one, two):
    common = compared(one, two)
    assert {name: common.stands(name) for name in RELATIONS} == small_whole(one, two)


@st.composite
def slanted_pairs(draw):
    """Two polygons on slanted ground, whose corners are rounded to the nearest doubles."""
    one, two = draw(polygons()), draw(polygons())
    angle, step = draw(st.floats(0, 90)), draw(st.sampled_from([1e-7, 1e-3, 0.1]))

    def put(shape):
        turned = affinity.rotate(shape, angle, origin=(0, 0))
        return affinity.affine_transform(turned, [step, 0, 0, step, 113.6, 34.7])

    one, two = put(one), put(two)
    assume(one.is_valid and two.is_valid)
    return one, two


@settings(max_examples=15)
@given(slanted_pairs())
def test_of_any_doubles_it_says_what_rational_numbers_say(pair):
    one, two = pair
    assert compared(one, two) == rational(one, two)
    assert compared(two, one) == rational(two, one)


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.sampled_from([-1, 0, 1]))
def test_a_corner_on_or_an_ulp_beside_a_slanted_edge(seed, nudge):
    chance = np.random.default_rng(seed)
    (ax, ay), (bx, by) = chance.uniform((113.6, 34.7), (113.7, 34.8), (2, 2)).tolist()
    one = shapely.Polygon([(ax, ay), (bx, by), (bx + 0.2, ay - 0.2)])
    share = chance.uniform()
    x, y = ax + share * (bx - ax), ay + share * (by - ay)
    y = y if nudge == 0 else np.nextafter(y, nudge * np.inf)
    two = shapely.Polygon([(x, y), (x - 0.01, y + 0.2), (x - 0.1, y + 0.2)])
    assume(one.is_valid and two.is_valid)
    assert compared(one, two) == rational(one, two)


# --- drawn -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (SQUARE, Common(True, True, False, False)),
        (shapely.box(1, 1, 2, 2), Common(True, True, True, False)),
        (shapely.box(0, 1, 2, 2), Common(True, True, True, False)),
        (shapely.box(-1, -1, 5, 5), Common(True, True, False, True)),
        (shapely.box(4, 0, 8, 4), Common(True, False, True, True)),
        (shapely.box(4, 4, 8, 8), Common(True, False, True, True)),
        (shapely.box(5, 0, 8, 4), Common(False, False, True, True)),
        (shapely.box(2, 2, 6, 6), Common(True, True, True, True)),
        (shapely.box(-1, -1, 5, 5) - SQUARE, Common(True, False, True, True)),
        (shapely.box(-1, -1, 5, 5) - shapely.box(-0.5, -0.5, 4.5, 4.5),
         Common(False, False, True, True)),
        (SQUARE - shapely.box(1, 1, 2, 2), Common(True, True, True, False)),
        (shapely.MultiPolygon([shapely.box(1, 1, 2, 2), shapely.box(8, 8, 9, 9)]),
         Common(True, True, True, True)),
        (shapely.Polygon([(0, 0), (2, 0), (4, 0), (4, 4), (0, 4)]),
         Common(True, True, False, False)),
        (shapely.Polygon([(0, 0), (0, 0), (4, 0), (4, 4), (0, 4)]),
         Common(True, True, False, False)),
    ],
)  # fmt: skip
def test_drawn_pairs(other, expected):
    meet, overlap, beyond, missing = expected
    assert compared(SQUARE, other) == expected
    assert compared(other, SQUARE) == Common(meet, overlap, missing, beyond)


def test_a_hole_that_touches_its_shell_is_no_part_of_the_border_between():
    shell = [(0, 0), (4, 0), (4, 4), (0, 4)]
    kite = [(2, 0), (3, 1), (2, 2), (1, 1)]
    holed = shapely.Polygon(shell, [kite])
    assert compared(holed, SQUARE) == Common(True, True, False, True)
    assert compared(holed, shapely.Polygon(kite)) == Common(True, False, True, True)
    assert compared(holed, holed) == Common(True, True, False, False)


@given(polygons(), polygons())
@example(SQUARE, shapely.box(0, 0, 2, 2))
def test_a_relation_turned_round_is_the_other(one, two):
    there, back = compared(one, two), compared(two, one)
    assert there == Common(back.meet, back.overlap, back.missing, back.beyond)
    assert there.stands("covers") == back.stands("within")
