"""A coverage drawn for a zoom: whole, simple, near the truth, and the same in any company."""

from importlib import import_module

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from maps import PICTURES, TOWN, draw
from shapely.geometry import Polygon, box

from gridgeo import synth
from gridgeo.geometry.errors import InvalidShape
from gridgeo.geometry.generalise.coverage import (
    NOBODY,
    Coverage,
    Drawn,
    dissolved,
    edges_of_rings,
    rings_at,
    tolerance_units,
)
from gridgeo.geometry.generalise.frame import MAX_ZOOM, to_fine, unit_bits
from gridgeo.geometry.generalise.neighbourhood import boxes_of, near
from gridgeo.geometry.generalise.rings import rings_of_one
from gridgeo.geometry.lattice import to_degrees
from gridgeo.geometry.union import union_on_lattice

ZOOMS = (4, 9, 12, 14, 15, 17, 18)
MODULES = ("arcs", "frame", "simplify", "snap", "rings")


@pytest.fixture(scope="module")
def city():
    """Leaves of the tiny city, and the township of each as a number."""
    made = synth.tiny_city(seed=1)
    units = {unit.code: unit for unit in made.units}
    above = []
    for leaf in made.leaves:
        unit = leaf
        while unit.level != "township":
            unit = units[unit.parent_code]
        above.append(unit.code)
    return [leaf.shape for leaf in made.leaves], np.unique(above, return_inverse=True)[1]


def in_tile_units(shape, zoom):
    """A shape in degrees as one in tile units, not rounded."""
    scale = 1 << unit_bits(zoom)
    return shapely.transform(shape, lambda xy: to_fine(np.rint(xy * 1e7).astype(np.int64)) / scale)


def polygons(drawn: Drawn):
    """Each unit as one geometry: outer rings, each with the holes that follow it."""
    rings = drawn.rings
    made = []
    for first, last in zip(rings.units[:-1], rings.units[1:], strict=True):
        parts = []
        for ring in range(first, last):
            xy = rings.xy[rings.ends[ring] : rings.ends[ring + 1]]
            if rings.area2[ring] > 0:
                parts.append([xy, []])
            else:
                parts[-1][1].append(xy)
        made.append(shapely.multipolygons([Polygon(*part) for part in parts]))
    return made


def same(one: Drawn, other: Drawn):
    return all(
        np.array_equal(a, b)
        for a, b in zip((*one.rings, one.token), (*other.rings, other.token), strict=True)
    )


def assert_whole(shapes, drawn: Drawn, zoom):
    """Valid parts, no overlap, and the ground of all together that of their outline."""
    made = [p for p, token in zip(polygons(drawn), drawn.token, strict=True) if not token]
    assert all(shapely.is_valid(part) for part in made)
    start, end, unit = edges_of_rings(drawn.rings)
    real = ~drawn.token[unit]
    edges = list(zip(start[real].tolist(), end[real].tolist(), strict=True))
    assert len(set(edges)) == len(edges)
    area = sum(shapely.area(made))
    assert shapely.union_all(made).area == pytest.approx(area, abs=1e-6)
    truth = [in_tile_units(shape, zoom) for shape in shapes]
    slack = tolerance_units(zoom) + 1.0
    for one, true, token in zip(polygons(drawn), truth, drawn.token, strict=True):
        bound = slack * true.length + 4.0 * slack**2
        assert abs(one.area - true.area) <= bound
        if not token:
            dense = shapely.get_coordinates(shapely.segmentize(one.boundary, one.length / 500))
            assert shapely.distance(shapely.points(dense), true.boundary).max() <= slack


def triangles(points):
    made = shapely.delaunay_triangles(shapely.multipoints(np.array(points, dtype=float)))
    origin = np.array([1_130_000_000, 345_000_000])
    return [
        Polygon(to_degrees(np.rint(shapely.get_coordinates(one)).astype(int) + origin))
        for one in shapely.get_parts(made)
    ]


@st.composite
def maps(draw_from):
    """Units joined of triangles: concave, with holes, islands, in several parts, hair-thin."""
    wide, tall = draw_from(st.sampled_from([(900, 900), (40_000, 400), (90_000, 70_000)]))
    place = st.tuples(st.integers(0, wide), st.integers(0, tall))
    points = draw_from(st.sets(place, min_size=3, max_size=40)) | {(0, 0), (wide, 0), (0, tall)}
    pieces = triangles(sorted(points))
    label = st.lists(st.integers(0, 6), min_size=len(pieces), max_size=len(pieces))
    labels = draw_from(label)
    assume(len(set(labels)) > 1)
    return [
        union_on_lattice([p for p, own in zip(pieces, labels, strict=True) if own == one])
        for one in sorted(set(labels))
    ]


@given(maps(), st.sampled_from(ZOOMS))
@settings(deadline=None, max_examples=60)
def test_no_gap_no_overlap_and_no_ring_that_meets_itself(shapes, zoom):
    drawn = Coverage(shapes).drawn(zoom)
    assert_whole(shapes, drawn, zoom)


@given(maps(), st.sampled_from(ZOOMS), st.data())
@settings(deadline=None, max_examples=60)
def test_a_unit_looks_the_same_in_any_company_that_holds_its_neighbourhood(shapes, zoom, data):
    whole = Coverage(shapes).drawn(zoom)
    mine = np.zeros(len(shapes), dtype=bool)
    mine[data.draw(st.integers(0, len(shapes) - 1))] = True
    boxes = boxes_of(shapes)
    company = np.flatnonzero(near(boxes, near(boxes, mine, zoom), zoom))
    part = Coverage([shapes[i] for i in company]).drawn(zoom)
    at = np.flatnonzero(mine[company])
    alone, among = rings_at(part.rings, at), rings_at(whole.rings, np.flatnonzero(mine))
    assert same(Drawn(alone, part.token[at]), Drawn(among, whole.token[mine]))


@given(maps(), st.sampled_from(ZOOMS))
@settings(deadline=None, max_examples=25)
def test_machine_code_and_plain_python_draw_the_same(shapes, zoom):
    assert_drawn_alike(shapes, zoom)


def star(x, y, reach, corners, seed):
    """A ring of corners around a place, in lattice units, near or far by chance."""
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    far = reach * np.random.default_rng(seed).uniform(0.8, 1.2, corners)
    xy = np.stack((x + far * np.cos(turn), y + far * np.sin(turn)), axis=1)
    return to_degrees(np.rint(xy).astype(np.int64))


@pytest.mark.parametrize("zoom", [9, 13])
def test_machine_code_and_plain_python_draw_lakes_and_islands_the_same(zoom):
    x, y, lakes = 1_136_000_000, 347_000_000, []
    for k, (dx, dy) in enumerate([(-40_000, 0), (45_000, 5_000), (0, 55_000)]):
        lakes.append(star(x + dx, y + dy, 18_000, 30, k))
    land = Polygon(star(x, y, 140_000, 60, 9), lakes)
    inner = star(x - 40_000, y, 5_000, 12, 7)
    shapes = [land, *(Polygon(lake) for lake in lakes[1:]), Polygon(lakes[0], [inner])]
    drawn = assert_drawn_alike(shapes, zoom)
    assert_whole(shapes, drawn, zoom)


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_machine_code_and_plain_python_draw_pictures_the_same(name):
    shapes = list(draw(PICTURES[name], wobble=1).units.values())
    for zoom in (8, 14, 17):
        assert_drawn_alike(shapes, zoom)


def test_a_border_that_would_pass_over_an_enclave_keeps_its_corner():
    places = {
        "below": [(0, -9000), (10_000, -9000), (10_000, 0), (5000, 400), (0, 0)],
        "above": [(0, 0), (5000, 400), (10_000, 0), (10_000, 9000), (0, 9000)],
        "west": [(-9000, -9000), (0, -9000), (0, 0), (0, 9000), (-9000, 9000)],
        "enclave": [(4900, 100), (5100, 100), (5000, 250)],
    }
    corner = np.array([1_136_000_000, 347_000_000])
    rings = {name: to_degrees(np.array(xy) + corner) for name, xy in places.items()}
    below = Polygon(rings["below"], [rings["enclave"]])
    others = [Polygon(rings["above"]), Polygon(rings["west"])]
    shapes = [below, *others, Polygon(rings["enclave"])]
    drawn = assert_drawn_alike(shapes, 12)
    assert_whole(shapes, drawn, 12)
    flat = assert_drawn_alike([Polygon(rings["below"]), *others], 12)
    above = [len(polygons(one)[1].geoms[0].exterior.coords) - 1 for one in (drawn, flat)]
    assert above == [5, 4]


def test_rings_that_touch_are_parted_and_those_without_an_area_are_dropped():
    def edges(*rings):
        keys = [np.array([x << 32 | y for x, y in ring]) for ring in rings]
        return np.concatenate(keys), np.concatenate([np.roll(key, -1) for key in keys])

    touching = edges([(0, 0), (2, 0), (2, 2), (0, 2)], [(2, 2), (2, 4), (1, 4)])
    line = edges([(0, 0), (2, 0), (1, 0)])
    for (start, end), sizes in ((touching, [4, 3]), (line, [])):
        keys, ends = rings_of_one(start, end)
        assert np.diff(ends).tolist() == sizes
        assert len(keys) == sum(sizes)


def assert_drawn_alike(shapes, zoom):
    quick = Coverage(shapes).drawn(zoom)
    with pytest.MonkeyPatch.context() as patch:
        for name in MODULES:
            module = import_module(f"gridgeo.geometry.generalise.{name}")
            patch.setattr(module, "compiled", lambda function, *_: function)
        slow = Coverage(shapes).drawn(zoom)
        joined = dissolved(slow, np.zeros(len(shapes), dtype=np.int64), 1)
    assert same(quick, slow)
    assert same(joined, dissolved(quick, np.zeros(len(shapes), dtype=np.int64), 1))
    return quick


@pytest.mark.parametrize("zoom", [8, 11, 13, 16])
def test_a_city_is_drawn_whole_and_levels_share_their_borders(city, zoom):
    leaves, township = city
    drawn = Coverage(leaves).drawn(zoom)
    assert_whole(leaves, drawn, zoom)
    count = int(township.max()) + 1
    above = dissolved(drawn, township, count)
    below = set(zip(*(column.tolist() for column in edges_of_rings(drawn.rings)[:2]), strict=True))
    borders = zip(*(column.tolist() for column in edges_of_rings(above.rings)[:2]), strict=True)
    assert set(borders) <= below
    for number, one in enumerate(polygons(above)):
        assert shapely.is_valid(one)
        parts = [p for p, of, t in zip(polygons(drawn), township, drawn.token, strict=True)
                 if of == number and not t]  # fmt: skip
        assert one.area == sum(part.area for part in parts)
    assert len(above.rings.xy) < len(drawn.rings.xy)


def test_far_out_fewer_corners_are_left(city):
    counts = [len(Coverage(city[0]).drawn(zoom).rings.xy) for zoom in (10, 12, 14, 16, 18)]
    assert counts == sorted(counts)


def test_a_unit_too_small_for_its_zoom_is_a_token_and_says_so(city):
    drawn = Coverage(city[0]).drawn(2)
    assert drawn.token.any()
    for one, token in zip(polygons(drawn), drawn.token, strict=True):
        assert (one.area == 1.0) if token else (one.area >= 0.5)


def test_units_above_tokens_are_tokens_when_nothing_is_left_of_them():
    shapes = [box(113.0, 34.0, 113.0001, 34.0001), box(113.0001, 34.0, 113.0002, 34.0001)]
    drawn = Coverage(shapes).drawn(1)
    assert drawn.token.all()
    both = dissolved(drawn, np.zeros(2, dtype=np.int64), 1)
    assert both.token.tolist() == [True]
    assert [one.area for one in polygons(both)] == [1.0]


def test_an_island_and_its_lake_keep_an_area():
    hole = [(113.01, 34.01), (113.01, 34.02), (113.02, 34.021), (113.02, 34.01)]
    shapes = [Polygon(box(113.0, 34.0, 113.05, 34.05).exterior, [hole]), Polygon(hole)]
    for zoom in range(8, 17):
        around, island = polygons(Coverage(shapes).drawn(zoom))
        assert len(around.geoms[0].interiors) == 1
        assert Polygon(around.geoms[0].interiors[0]).area == island.area > 0


def test_nobody_owns_what_is_left_out_of_a_level(city):
    drawn = Coverage(city[0]).drawn(14)
    owner = np.full(len(city[0]), NOBODY)
    owner[3] = 0
    only = dissolved(drawn, owner, 1)
    assert np.array_equal(only.rings.xy, rings_at(drawn.rings, np.array([3])).xy)


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_drawn_maps_come_out_whole(name):
    shapes = list(draw(PICTURES[name]).units.values())
    for zoom in (10, 14, 18):
        assert_whole(shapes, Coverage(shapes).drawn(zoom), zoom)


def test_polygons_that_overlap_are_refused():
    with pytest.raises(InvalidShape, match="overlap"):
        Coverage([box(113.0, 34.0, 113.1, 34.1), box(113.0, 34.0, 113.1, 34.1)])


def test_a_zoom_out_of_range_is_refused():
    town = Coverage(list(draw(TOWN).units.values()))
    for zoom in (-1, MAX_ZOOM + 1):
        with pytest.raises(ValueError, match=f"zoom {zoom} "):
            town.drawn(zoom)


def test_nothing_is_near_to_nothing(city):
    boxes = boxes_of(city[0])
    assert not near(boxes, np.zeros(len(boxes), dtype=bool), 12).any()


def test_nothing_is_drawn_of_nothing():
    drawn = Coverage([]).drawn(10)
    assert len(drawn.rings.xy) == 0 and len(drawn.token) == 0
