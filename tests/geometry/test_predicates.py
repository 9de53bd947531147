import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from maps import PICTURES, draw
from shapely.geometry import MultiPolygon, Polygon, box

from gridgeo.geometry.errors import NotACoordinate
from gridgeo.geometry.predicates import holds_just_north, orientation, relate, ring_edges
from gridgeo.geometry.rational import orientation_rational, relate_rational

DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
NEAR = st.integers(-3, 3)


@given(st.tuples(*[DOUBLES] * 6))
def test_orientation_of_any_doubles_is_the_rational_one(values):
    assert orientation(*values) == orientation_rational(*values)


@given(
    st.tuples(*[st.integers(1127100000, 1127100400)] * 4),
    st.fractions(0, 1, max_denominator=64),
    NEAR,
    NEAR,
)
def test_orientation_a_few_ulps_beside_an_edge_is_the_rational_one(ends, share, ulps_x, ulps_y):
    ax, ay, bx, by = (n / 1e7 for n in ends)
    px = _ulps_beside(float(ax + share * (bx - ax)), ulps_x)
    py = _ulps_beside(float(ay + share * (by - ay)), ulps_y)
    values = ax, ay, bx, by, px, py
    assert orientation(*values) == orientation_rational(*values)


def _ulps_beside(value, ulps):
    for _ in range(abs(ulps)):
        value = np.nextafter(value, np.copysign(np.inf, ulps))
    return float(value)


@given(st.tuples(*[DOUBLES] * 6))
def test_orientation_turns_its_sign_when_the_line_turns(values):
    ax, ay, bx, by, px, py = values
    assert orientation(*values) == -orientation(bx, by, ax, ay, px, py)


@pytest.mark.parametrize("tiny", [5e-324, 1e-200, 1e-160])
def test_orientation_survives_underflow(tiny):
    assert orientation(0, 0, tiny, tiny, tiny, 2 * tiny) == 1
    assert orientation(0, 0, tiny, 2 * tiny, 2 * tiny, 4 * tiny) == 0


def test_orientation_survives_overflow():
    huge = 1.5e308
    assert orientation(-huge, -huge, huge, huge, 1.0, 0.0) == -1
    assert orientation(-huge, -huge, huge, huge, 1.0, 1.0) == 0


def test_orientation_broadcasts():
    side = orientation(0, 0, 1, 1, [[0.0], [1.0]], [0.0, 1.0, 2.0])
    assert side.dtype == np.int8
    assert side.tolist() == [[0, 1, 1], [-1, 0, 1]]


def test_orientation_refuses_what_is_no_number():
    with pytest.raises(NotACoordinate, match="row 1"):
        orientation(0, 0, 1, 1, [0.0, np.nan], 0.0)


def _witnesses(shape):
    """Vertices, edge midpoints, the points one ulp beside both, and a grid over the box."""
    edges = ring_edges(shape)
    middles = (edges[:, :2] + edges[:, 2:]) / 2
    on_border = np.concatenate((edges[:, :2], middles))
    beside = [np.nextafter(on_border, target) for target in (-np.inf, np.inf)]
    west, south, east, north = shape.bounds
    lattice = np.stack(np.meshgrid(np.linspace(west, east, 9), np.linspace(south, north, 9)), 2)
    return np.concatenate((on_border, *beside, lattice.reshape(-1, 2)))


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize("wobble", [None, 1, 2])
def test_relate_is_the_rational_one_on_and_beside_every_border(picture, wobble):
    for shape in draw(picture, wobble=wobble).shapes:
        points = _witnesses(shape)
        expected = [relate_rational(shape, x, y) for x, y in points.tolist()]
        assert relate(shape, *points.T).tolist() == expected


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_vertices_are_on_the_boundary(picture):
    for shape in draw(picture, wobble=3).shapes:
        assert not relate(shape, *shapely.get_coordinates(shape).T).any()


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_relate_agrees_with_geos_off_the_borders(picture):
    drawn = draw(picture, wobble=4)
    x, y = np.random.default_rng(4).uniform((113.0, 34.5), (113.06, 34.56), (200, 2)).T
    for shape in drawn.shapes:
        assert ((relate(shape, x, y) == 1) == shapely.contains_xy(shape, x, y)).all()


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=8),
    st.lists(st.tuples(st.integers(-1, 25), st.integers(-1, 25)), min_size=1, max_size=30),
)
def test_relate_of_any_small_polygon_is_the_rational_one(corners, halves):
    shapes = [p for p in shapely.get_parts(shapely.make_valid(Polygon(corners))) if p.area]
    points = np.array(halves) / 2
    for shape in shapes:
        if isinstance(shape, Polygon | MultiPolygon):
            expected = [relate_rational(shape, x, y) for x, y in points.tolist()]
            assert relate(shape, *points.T).tolist() == expected


def test_relate_answers_for_no_point_and_for_one():
    assert relate(box(0, 0, 1, 1), [], []).tolist() == []
    assert relate(box(0, 0, 1, 1), 0.5, 0.5).tolist() == [1]


def test_everything_is_outside_an_empty_polygon():
    assert relate(Polygon(), [0.0], [0.0]).tolist() == [-1]


def test_relate_works_through_more_points_than_it_takes_at_once(monkeypatch):
    monkeypatch.setattr("gridgeo.geometry.predicates._PAIRS_AT_ONCE", 10)
    x = np.linspace(-0.5, 1.5, 21)
    inside = (x > 0) & (x < 1)
    assert ((relate(box(0, 0, 1, 1), x, np.full(21, 0.5)) == 1) == inside).all()


def test_relate_refuses_nan_naming_the_row():
    with pytest.raises(NotACoordinate, match="row 1: lon"):
        relate(box(0, 0, 1, 1), [0.0, np.nan], [0.0, 0.0])


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize("wobble", [None, 5])
def test_exactly_one_unit_holds_the_points_just_north_of_a_vertex_inside_the_map(picture, wobble):
    drawn = draw(picture, wobble=wobble)
    units = [ring_edges(shape) for shape in drawn.shapes]
    for x, y in np.unique(np.concatenate([_witnesses(s) for s in drawn.shapes]), axis=0):
        holders = sum(holds_just_north(edges, x, y) for edges in units)
        assert holders == holds_just_north(ring_edges(drawn.outline), x, y)
