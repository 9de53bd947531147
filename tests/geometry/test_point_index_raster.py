"""The raster engine against its twins, on maps made to be hard."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from maps import PICTURES, TOWN, draw
from shapely.geometry import MultiPolygon, Polygon, box

from gridgeo import synth
from gridgeo.cli.city_files import read_district, read_profile
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.errors import InvalidShape, NotACoordinate, OffLattice
from gridgeo.geometry.lattice import to_degrees
from gridgeo.geometry.plain_index import PlainIndex
from gridgeo.geometry.point_index import DamagedIndexFile, PointIndex
from gridgeo.geometry.predicates import edges_of
from gridgeo.geometry.raster_index import raster
from gridgeo.geometry.raster_index.frame import FINE, Frame
from gridgeo.geometry.raster_index.growing import Growing
from gridgeo.geometry.raster_index.shared_edges import joined_records
from gridgeo.geometry.raster_index.spans import cells_of, spans
from gridgeo.geometry.raster_index.walk import UNSURE, compile_ahead, compiled, read_only, walk
from gridgeo.geometry.rational import relate_rational
from gridgeo.geometry.segments import Segments
from gridgeo.geometry.union import union_on_lattice
from gridgeo.settings import ROOT


def triangles(points):
    """Delaunay triangles of whole points, as polygons on the lattice, near Zhengzhou."""
    made = shapely.delaunay_triangles(shapely.multipoints(np.array(points, dtype=float)))
    origin = np.array([1_130_000_000, 345_000_000])
    return [
        Polygon(to_degrees(np.rint(shapely.get_coordinates(one)).astype(int) + origin))
        for one in shapely.get_parts(made)
    ]


def joined_by(labels, pieces):
    """Units by code: the union of the pieces of each label."""
    return {
        f"{label:02d}": union_on_lattice(
            [p for p, own in zip(pieces, labels, strict=True) if own == label]
        )
        for label in sorted(set(labels))
    }


@st.composite
def whole_points(draw_from):
    """Points that span some ground, few units apart or far apart in one direction."""
    wide, tall = draw_from(st.sampled_from([(6, 6), (900, 4), (4, 900), (40_000, 30_000)]))
    place = st.tuples(st.integers(0, wide), st.integers(0, tall))
    points = draw_from(st.sets(place, min_size=3, max_size=9))
    return [*points, (0, 0), (wide, 0), (0, tall)]


@st.composite
def maps_of_triangles(draw_from, count=1):
    """Pieces of a coverage, and labels that make units of them, `count` times."""
    pieces = triangles(sorted(set(draw_from(whole_points()))))
    label = st.lists(st.integers(0, 4), min_size=len(pieces), max_size=len(pieces))
    return pieces, *(draw_from(label) for _ in range(count))


def merger(town, heir, gone):
    """One unit of a drawn map takes over another."""
    old = {code: town.units[code] for code in (heir, gone)}
    return Delta(old, {heir: union_on_lattice(list(old.values()))})


def hard_points(shapes):
    """Corners, middles, their neighbours by one ulp, and where their meridians cross parallels."""
    edges, _ = edges_of(np.array(shapes, dtype=object))
    places = np.unique(np.concatenate((edges[:, :2], (edges[:, :2] + edges[:, 2:]) / 2)), axis=0)
    near = np.stack((np.nextafter(places, -360), places, np.nextafter(places, 360)))
    around = np.stack(np.broadcast_arrays(near[:, None, :, 0], near[None, :, :, 1]), axis=-1)
    crossed = np.stack(np.meshgrid(places[::3, 0], places[::3, 1]), axis=-1)
    return np.concatenate((around.reshape(-1, 2), crossed.reshape(-1, 2)))


def cell_borders(index):
    """Points on and beside the borders of some cells of the raster."""
    frame = index._engine._raster.frame
    west, south = (np.arange(n) * FINE / 4 for n in (4 * frame.columns, 4 * frame.rows))
    u, v = np.meshgrid(west[3:15], south[3:15])
    places = np.column_stack(frame.degrees(u.ravel(), v.ravel()))
    return np.concatenate((places, np.nextafter(places, 360), np.nextafter(places, -360)))


def rational_owners(shapes, points):
    """The brute answer in rational numbers: the first polygon that covers each point."""
    return [
        next((i for i, shape in enumerate(shapes) if relate_rational(shape, x, y) >= 0), -1)
        for x, y in points
    ]


def require_as_plain(index, plain, points):
    expected = plain.locate(*points.T)
    assert index.is_coverage
    assert index.locate(*points.T).tolist() == expected.tolist()
    some = np.random.default_rng(0).integers(0, len(points), 100)
    singly = [index.locate_one(x, y) for x, y in points[some].tolist()]
    assert singly == expected[some].tolist()
    require_same_walk(index._engine, expected, points)


def require_same_walk(engine, expected, points):
    """Compiled and uncompiled the walk leaves the same points undecided, and errs in none."""
    ground, (lon, lat) = engine._ground, map(read_only, points.T)
    plain, machine = np.empty((2, len(points)), dtype=np.int32)
    walk(ground.viewed(), lon, lat, plain)
    compiled()(ground, lon, lat, machine)
    assert plain.tolist() == machine.tolist()
    sure = plain != UNSURE
    assert engine._owners.ids[plain[sure]].tolist() == expected[sure].tolist()


def test_what_set_up_compiles_is_what_a_city_and_its_index_file_need(tmp_path):
    compile_ahead()
    known = compiled().signatures
    shapes = list(draw(TOWN).units.values())
    index = PointIndex.build(shapes)
    index.save(tmp_path / "town.index")
    points = np.tile(shapely.get_coordinates(shapes), (1_000, 1)).T
    owners = index.locate(*points)
    assert PointIndex.load(tmp_path / "town.index").locate(*points).tolist() == owners.tolist()
    assert compiled().signatures == known


@settings(max_examples=30, deadline=None)
@given(maps_of_triangles(), st.randoms(use_true_random=False))
def test_raster_answers_as_the_plain_engine_on_maps_of_slivers(drawn, chance):
    pieces, labels = drawn
    units = joined_by(labels, pieces)
    shapes, codes = list(units.values()), list(units)
    chance.shuffle(codes)
    index, plain = (engine.build(shapes, codes=codes) for engine in (PointIndex, PlainIndex))
    assume(index.is_coverage)
    points = np.concatenate((hard_points(shapes), cell_borders(index)))
    require_as_plain(index, plain, points)
    some = points[chance.sample(range(len(points)), 40)].tolist()
    assert [index.locate_all(x, y) for x, y in some] == [plain.locate_all(x, y) for x, y in some]


@settings(max_examples=20, deadline=None)
@given(maps_of_triangles(), st.data())
def test_raster_is_the_rational_lowest_code_on_hard_points(drawn, data):
    shapes = list(joined_by(drawn[1], drawn[0]).values())
    points = hard_points(shapes)
    row = st.integers(0, len(points) - 1)
    some = points[data.draw(st.lists(row, min_size=30, max_size=30))]
    assert PointIndex.build(shapes).locate(*some.T).tolist() == rational_owners(
        shapes, some.tolist()
    )


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize("wobble", [None, 5])
def test_raster_answers_as_the_plain_engine_on_drawn_maps(picture, wobble):
    shapes = draw(picture, wobble=wobble).shapes
    index, plain = PointIndex.build(shapes), PlainIndex.build(shapes)
    require_as_plain(index, plain, np.concatenate((hard_points(shapes), cell_borders(index))))


def test_a_ray_along_an_upright_border_runs_east_of_it():
    trunk = [box(0, 2, 1, 9), box(1, 2, 2, 9)]
    root = Polygon([(0, 0), (1, 1), (2, 0), (2, 2), (1, 2), (0, 2)])
    pit = Polygon([(0, 0), (2, 0), (1, 1)])
    for shapes in (trunk, [*trunk, root], [pit, root, *trunk[::-1]]):
        index, plain = PointIndex.build(shapes), PlainIndex.build(shapes)
        points = np.array([(1.0, y) for y in np.linspace(-1, 10, 1201)])
        require_as_plain(index, plain, points)


def test_holes_islands_and_rings_that_touch_are_answered_exactly():
    lake = box(1, 1, 2, 2)
    around = Polygon(box(0, 0, 5, 5).exterior, [lake.exterior, [(2, 2), (4, 3), (3, 4)]])
    pair = MultiPolygon([box(6, 0, 7, 1), box(7, 1, 8, 2)])
    for shapes in ([around], [around, lake], [around, pair], [lake, pair, around]):
        index, plain = PointIndex.build(shapes), PlainIndex.build(shapes)
        require_as_plain(index, plain, hard_points(shapes))


@pytest.mark.parametrize("far", [1e300, -1e300, 200.0, -200.0])
def test_points_far_outside_belong_to_nobody(far):
    index = PointIndex.build([box(113, 34, 114, 35)])
    assert index.locate([far, 113.5, far], [34.5, far, far]).tolist() == [-1, -1, -1]
    assert [index.locate_one(far, 34.5), index.locate_one(113.5, far)] == [-1, -1]
    assert index.locate_all(far, far) == []


def test_tiny_city_is_answered_as_the_plain_engine_does():
    leaves = [unit.shape for unit in synth.tiny_city(seed=1).leaves]
    index, plain = PointIndex.build(leaves, snap=False), PlainIndex.build(leaves, snap=False)
    chance = np.random.default_rng(1).uniform((113.599, 34.699), (113.617, 34.714), (20_000, 2))
    points = np.concatenate((hard_points(leaves)[::7], chance))
    assert index.is_coverage
    assert (index.locate(*points.T) == plain.locate(*points.T)).all()
    assert index.locate_one(*points[0]) == plain.locate_one(*points[0])


@pytest.mark.full
def test_every_vertex_and_midpoint_of_the_small_city_is_answered_as_by_the_plain_engine():
    outline, divisions = read_district(ROOT / "data", read_profile(ROOT / "data"))
    leaves = [unit.shape for unit in synth.city(1, outline, divisions).leaves]
    edges, _ = edges_of(np.array(leaves, dtype=object))
    points = np.unique(np.concatenate((edges[:, :2], (edges[:, :2] + edges[:, 2:]) / 2)), axis=0)
    index, plain = PointIndex.build(leaves, snap=False), PlainIndex.build(leaves, snap=False)
    assert index.is_coverage
    assert (index.locate(*points.T) == plain.locate(*points.T)).all()


def test_answers_do_not_depend_on_the_order_of_loading_or_of_the_points():
    town = draw(TOWN, wobble=4)
    points = hard_points(town.shapes)
    expected = PointIndex.build(town.shapes, codes=town.codes).locate(*points.T)
    order = np.random.default_rng(4).permutation(len(town.codes))
    shapes, codes = [town.shapes[i] for i in order], [town.codes[i] for i in order]
    other = PointIndex.build(shapes, ids=order, codes=codes)
    assert (other.locate(*points.T) == expected).all()
    assert (other.locate(*points[::-1].T) == expected[::-1]).all()


def test_threads_share_one_index():
    town = draw(TOWN, wobble=8)
    index, points = PointIndex.build(town.shapes), hard_points(town.shapes)
    expected = index.locate(*points.T)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: index.locate(*points.T), range(16)))
    assert all((one == expected).all() for one in found)


def test_raster_made_in_small_portions_is_the_same(monkeypatch):
    town = draw(TOWN, wobble=6)
    points, whole = hard_points(town.shapes), PointIndex.build(town.shapes)
    monkeypatch.setattr(raster, "_PAIRS_AT_ONCE", 3)
    portions = PointIndex.build(town.shapes)
    assert (portions.locate(*points.T) == whole.locate(*points.T)).all()


@pytest.mark.parametrize(
    "shapes",
    [
        [box(0, 0, 2, 2), box(1, 1, 3, 3)],
        [box(0, 0, 3, 3), box(1, 1, 2, 2)],
        [box(0, 0, 1, 1), box(0, 0, 1, 1)],
        [box(0, 0, 2, 1), box(0, 1, 1, 2), box(1, 1, 2, 2)],
        [],
        [Polygon()],
    ],
    ids=["overlap", "nested", "twice", "corner_on_edge", "nothing", "empty"],
)
def test_what_is_no_coverage_is_left_to_the_plain_engine(shapes):
    index, plain = PointIndex.build(shapes), PlainIndex.build(shapes)
    points = np.array([(x / 4, y / 4) for x in range(14) for y in range(14)])
    assert not index.is_coverage
    assert index.locate(*points.T).tolist() == plain.locate(*points.T).tolist()
    assert len(index) == len(shapes)
    for refused in (lambda: index.save(Path("never")), lambda: index.patched(Delta(), {})):
        with pytest.raises(InvalidShape, match="no coverage"):
            refused()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_one_point_that_is_none_is_refused(bad):
    index = PointIndex.build([box(0, 0, 1, 1)])
    for ask in (index.locate_one, index.locate_all):
        with pytest.raises(NotACoordinate):
            ask(0.0, bad)


@settings(max_examples=20, deadline=None)
@given(maps_of_triangles(count=3))
def test_patched_index_answers_as_one_built_anew(drawn):
    pieces, *stages = drawn
    before = joined_by(stages[0], pieces)
    points, ids = hard_points(pieces), {f"{i:02d}": 10 + i for i in range(5)}
    index = PointIndex.build(list(before.values()), [ids[c] for c in before], list(before))
    assume(index.is_coverage)
    for labels in stages[1:]:
        after = joined_by(labels, pieces)
        index = index.patched(Delta(before, after), ids)
        fresh = PointIndex.build(list(after.values()), [ids[c] for c in after], list(after))
        assert len(index) == len(fresh)
        assert (index.locate(*points.T) == fresh.locate(*points.T)).all()
        assert index.locate_all(*points[0]) == fresh.locate_all(*points[0])
        before = after


def test_patches_of_one_index_do_not_disturb_it_nor_each_other():
    town = draw(TOWN, wobble=9)
    ids = dict(zip(town.codes, range(len(town.codes)), strict=True))
    index = PointIndex.build(town.shapes, codes=town.codes)
    points = hard_points(town.shapes)
    untouched = index.locate(*points.T)
    changes = [merger(town, "a", "b"), merger(town, "h", "i")]
    both = [index.patched(change, ids) for change in changes]
    for change, patched in zip(changes, both, strict=True):
        after = change.apply(town.units)
        fresh = PointIndex.build(list(after.values()), [ids[c] for c in after], list(after))
        assert (patched.locate(*points.T) == fresh.locate(*points.T)).all()
    assert (index.locate(*points.T) == untouched).all()
    assert len(index.patched(Delta(), {})) == len(index)


def test_a_change_that_does_not_fit_is_refused():
    town = draw(TOWN)
    index = PointIndex.build(town.shapes, codes=town.codes)
    a, b = town.units["a"], town.units["b"]
    misfits = [
        Delta({"a": a}, {"a": b}),
        Delta({"a": a}, {}),
        Delta({}, {"n": box(0, 0, 1, 1)}),
        Delta({"?": a}, {"a": a}),
    ]
    for change in misfits:
        with pytest.raises(InvalidShape):
            index.patched(change, dict.fromkeys(change.new, 1))
    with pytest.raises(InvalidShape, match="without codes"):
        PointIndex.build([a]).patched(Delta({"a": a}, {"b": a}), {"b": 1})
    with pytest.raises(OffLattice):
        index.patched(Delta({"a": a}, {"a": box(0, 0, 1 / 3, 1)}), {"a": 1})
    twice = Segments(*(np.array(column) for column in ([1, 1], [2, 2], [1, 2])))
    with pytest.raises(InvalidShape, match="overlap"):
        joined_records(twice)


def test_saved_index_answers_the_same_and_can_be_patched(tmp_path):
    town = draw(TOWN, wobble=2)
    ids = dict(zip(town.codes, range(len(town.codes)), strict=True))
    index, points = PointIndex.build(town.shapes, codes=town.codes), hard_points(town.shapes)
    path = tmp_path / "city.index"
    index.save(path)
    loaded = PointIndex.load(path)
    expected = index.locate(*points.T)
    assert (loaded.locate(*points.T) == expected).all()
    assert loaded.locate_one(*points[0]) == expected[0]
    change = merger(town, "a", "b")
    patched = loaded.patched(change, ids)
    assert (patched.locate(*points.T) == index.patched(change, ids).locate(*points.T)).all()
    assert (PointIndex.load(path).locate(*points.T) == expected).all()
    patched.save(path)
    assert len(PointIndex.load(path)) == len(town.codes) - 1
    assert [file.name for file in tmp_path.iterdir()] == ["city.index"]


@given(st.data())
def test_a_file_with_one_wrong_bit_is_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("worn") / "city.index"
    PointIndex.build([box(0, 0, 1, 1)]).save(path)
    whole = bytearray(path.read_bytes())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(whole)
    with pytest.raises(DamagedIndexFile, match=r"city\.index"):
        PointIndex.load(path)


def test_a_file_of_a_former_format_is_told_from_a_worn_one(tmp_path):
    path = tmp_path / "city.index"
    PointIndex.build([box(0, 0, 1, 1)]).save(path)
    path.write_bytes(path.read_bytes().replace(b"gridgeo arrays 3", b"gridgeo arrays 2"))
    with pytest.raises(DamagedIndexFile, match="of another format"):
        PointIndex.load(path)


@pytest.mark.parametrize("harm", [b"", b"{}", b"[1]", b"\xff", None])
def test_a_damaged_file_is_refused(tmp_path, harm):
    path = tmp_path / "city.index"
    PointIndex.build([box(0, 0, 1, 1)]).save(path)
    path.write_bytes(path.read_bytes()[:-64] if harm is None else harm)
    with pytest.raises(DamagedIndexFile, match=r"city\.index"):
        PointIndex.load(path)
    with pytest.raises(FileNotFoundError):
        PointIndex.load(tmp_path / "none")


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "city.index"
    PointIndex.build([box(0, 0, 1, 1)]).save(path)
    before = path.read_bytes()
    monkeypatch.setattr("gridgeo.geometry.raster_index.storage._ALIGNED", 0)
    with pytest.raises(ZeroDivisionError):
        PointIndex.build([box(0, 0, 9, 1)]).save(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["city.index"]


def test_growing_rows_move_only_when_there_is_no_room():
    rows = Growing.of([np.arange(10), np.arange(5)])
    same, offset = rows.appended(np.array([7, 8]))
    assert (same is rows, offset, rows.data[15:17].tolist()) == (True, 15, [7, 8])
    other, offset = rows.appended(np.arange(5000))
    assert other is not rows
    assert (offset, other.data[:19].tolist()) == (17, [*range(10), *range(5), 7, 8, 0, 1])


@given(st.lists(st.floats(-3, 11), min_size=4, max_size=4))
def test_spans_hold_every_cell_that_a_segment_meets(ends):
    u1, v1, u2, v2 = ends if ends[1] <= ends[3] else [*ends[2:], *ends[:2]]
    met = spans(np.array([[u1, v1, u2, v2]]), 8)
    _, row, column = cells_of(met, 8)
    found = set(zip(column.tolist(), row.tolist(), strict=True))
    line = shapely.linestrings([[(u1, v1), (u2, v2)]])[0]
    cells = {(x, y) for x in range(8) for y in range(8) if box(x, y, x + 1, y + 1).intersects(line)}
    assert cells <= found


def test_frame_leaves_a_ring_of_cells_outside():
    for bounds in ((0.0, 0.0, 1e-7, 1e-7), (113.0, 34.0, 115.0, 34.0000001), (-180, -90, 180, 90)):
        frame = Frame.over(bounds, 1000)
        u, v = frame.fine(np.array(bounds[0::2]), np.array(bounds[1::2]))
        assert u.min() > FINE
        assert v.min() > FINE
        assert u.max() < (frame.columns - 1) * FINE
        assert v.max() < (frame.rows - 1) * FINE


@settings(max_examples=60)
@given(maps_of_triangles())
def test_beside_an_edge_lie_the_polygons_that_have_it(made):
    pieces, labels = made
    units = joined_by(labels, pieces)
    shapes, ids = list(units.values()), list(range(10, 10 + len(units)))
    index, twin = (
        kind.build(shapes, ids=ids, codes=list(units)) for kind in (PointIndex, PlainIndex)
    )
    edges, _ = edges_of(np.array(shapes, dtype=object))
    for west, south, east, north in edges.tolist():
        found = index.beside((west, south), (east, north))
        assert sorted(found) == sorted(twin.beside((east, north), (west, south)))
        assert found
        assert not index.beside((west, south), (west, south))
