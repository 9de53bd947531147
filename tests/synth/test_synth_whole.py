"""Laws of the whole city, on one cut down to three districts, and in full where asked for."""

import re
import tomllib
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pytest
import shapely
from reduced import DATA, SIZES, few_divisions, few_outlines
from test_synth_city import PARTS, as_bytes, children_of, rows_of, shapes_of

from gridgeo import synth
from gridgeo.geometry.coverage import check_coverage, check_nesting
from gridgeo.geometry.lattice import on_lattice
from gridgeo.synth.standing import CAMERA_KINDS

CAMERAS = {kind for kind, _ in CAMERA_KINDS}


@pytest.fixture(scope="module")
def reduced() -> synth.SynthCity:
    return synth.whole_city(1, few_outlines(), few_divisions(), SIZES)


def shuffled_map(function, tasks):
    """Work in another order, as a pool of processes does, and answer in the given one."""
    waiting = list(tasks)
    done = {k: function(waiting[k]) for k in reversed(range(len(waiting)))}
    return [done[k] for k in range(len(waiting))]


def test_the_city_does_not_depend_on_how_tasks_are_mapped(reduced: synth.SynthCity) -> None:
    other = synth.whole_city(1, few_outlines(), few_divisions(), SIZES, map=shuffled_map)
    assert as_bytes(other) == as_bytes(reduced)


def test_two_processes_make_the_same_city_and_tell_how_far_they_are(
    reduced: synth.SynthCity,
) -> None:
    told: list[tuple[str, float]] = []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        other = synth.whole_city(
            1, few_outlines(), few_divisions(), SIZES,
            lambda step, share: told.append((step, share)), pool.map,
        )  # fmt: skip
    assert as_bytes(other) == as_bytes(reduced)
    assert {step for step, share in told if share == 1.0} == {"districts", "townships"}


def test_another_seed_gives_another_map(reduced: synth.SynthCity) -> None:
    other = synth.whole_city(2, few_outlines(), few_divisions(), SIZES)
    assert as_bytes(other) != as_bytes(reduced)


def test_every_count_is_reached_exactly(reduced: synth.SynthCity) -> None:
    assert_counts(reduced, SIZES, districts=5)


def assert_counts(city: synth.SynthCity, sizes: synth.WholeSizes, districts: int) -> None:
    levels = Counter(u.level for u in city.units)
    assert levels["city"] == 1
    assert levels["district"] == districts
    assert levels["township"] == sizes.townships
    assert levels["community"] == sizes.communities
    leaves = Counter(u.level for u in city.leaves)
    assert leaves == {"micro_grid": sizes.micro_grids, "grid": sizes.rural_grids}
    assert levels["grid"] == sizes.urban_grids + sizes.rural_grids
    assert len(city.exclusive_grids) == sizes.exclusive_grids
    cameras = int(np.isin(city.devices.column("kind"), list(CAMERAS)).sum())
    assert cameras == sizes.cameras
    assert len(city.devices) - cameras == sizes.sensors
    assert len(city.duty_posts) == sizes.duty_posts
    assert len(city.ponding_points) == sizes.ponding_points


def test_one_estate_has_very_many_cameras(reduced: synth.SynthCity) -> None:
    of_grid = Counter(d.leaf_code[:15] for d in reduced.devices if d.kind in CAMERAS)
    (_, most), (_, second) = of_grid.most_common(2)
    assert most >= SIZES.estate_cameras > second


def test_leaves_cover_the_city_and_every_unit_is_the_union_of_its_children(
    reduced: synth.SynthCity,
) -> None:
    assert_laws(reduced)


def assert_laws(city: synth.SynthCity) -> None:
    leaves = city.leaves
    codes = [u.code for u in leaves]
    assert check_coverage([u.shape for u in leaves], codes, city.units[0].shape) == []
    children = children_of(city)
    for unit in city.units:
        if below := children[unit.code]:
            shapes = [u.shape for u in below]
            assert check_nesting(unit.shape, unit.code, shapes, [u.code for u in below]) == []
            assert unit.households == sum(u.households for u in below)


def test_the_city_is_the_union_of_the_real_outlines(reduced: synth.SynthCity) -> None:
    real = shapely.union_all(list(few_outlines().values()))
    assert shapely.hausdorff_distance(reduced.units[0].shape, real) < 1e-7


def test_a_zone_administers_townships_on_the_ground_of_official_districts(
    reduced: synth.SynthCity,
) -> None:
    by_code = {u.code: u for u in reduced.units}
    legal = {u.code: (u.parent_code, u.legal_parent_code) for u in reduced.units}
    assert legal["410171560"] == ("410171", "410104")
    assert legal["410104570"] == ("410192", "410104")
    assert legal["410105560"] == ("410192", "410105")
    assert legal["410103010"] == ("410103", None)
    assert {u.level for u in reduced.units if u.legal_parent_code} == {"township"}
    outlines = few_outlines()
    for code in ("410171560", "410104570", "410105560"):
        ground = outlines[str(by_code[code].legal_parent_code)]
        assert shapely.difference(by_code[code].shape, ground.buffer(2e-7)).is_empty
    assert by_code["410192"].name_synthetic and not by_code["410171"].name_synthetic
    assert by_code["410103"].shape_synthetic is False
    assert all(by_code[code].shape_synthetic for code in ("410104", "410105", "410171", "410192"))


def test_zones_are_in_one_piece(reduced: synth.SynthCity) -> None:
    for unit in reduced.units:
        if unit.level == "district":
            assert isinstance(unit.shape, shapely.Polygon)


def test_rows_that_the_list_lacks_are_synthetic(reduced: synth.SynthCity) -> None:
    listed = {row.code: row.name for row in few_divisions()}
    upper = [u for u in reduced.units if u.level in ("township", "community")]
    for unit in upper:
        assert unit.name_synthetic == (unit.code not in listed)
        assert unit.name == listed.get(unit.code, unit.name)
    new = Counter(u.level for u in upper if u.name_synthetic)
    assert new["township"] == 2 and new["community"] >= 2


def test_codes_fit_the_profile_and_none_is_used_twice(reduced: synth.SynthCity) -> None:
    assert_codes(reduced)


def assert_codes(city: synth.SynthCity) -> None:
    profile = tomllib.loads((DATA / "profiles/zhengzhou.toml").read_text(encoding="utf-8"))
    patterns = {row["level"]: re.compile(row["code_pattern"]) for row in profile["levels"]}
    for unit in city.units:
        assert patterns[unit.level].fullmatch(unit.code)
    pattern = re.compile(profile["exclusive_grid"]["code_pattern"])
    units = {u.code for u in city.units}
    assert len(units) == len(city.units)
    for grid in city.exclusive_grids:
        assert pattern.fullmatch(grid.code) and grid.code not in units
    for part in PARTS:
        codes = [row.code for row in getattr(city, part)]
        assert len(set(codes)) == len(codes)
    numbers = defaultdict(list)
    for unit in city.units:
        if unit.level in ("grid", "micro_grid"):
            numbers[unit.parent_code].append(int(unit.code[-3:]))
    assert all(own == list(range(1, len(own) + 1)) for own in numbers.values())


def test_exclusive_grids_cross_borders_inside_the_city_and_have_a_party(
    reduced: synth.SynthCity,
) -> None:
    communities = np.array([u.shape for u in reduced.units if u.level == "community"])
    by_code = {u.code: u for u in reduced.units}
    for grid in reduced.exclusive_grids:
        assert reduced.units[0].shape.contains_properly(grid.shape)
        assert len(grid.party_names) >= 1
        ancestor = grid.code[:12].rstrip("0").ljust(6, "0")
        ancestor = next(a for a in (ancestor, grid.code[:9], grid.code[:6]) if a in by_code)
        assert by_code[ancestor].shape.covers(grid.shape)
    made = [g.shape for g in reduced.exclusive_grids if "号" in g.name]
    assert len(made) > 20
    assert all(shapely.intersects(communities, shape).sum() >= 2 for shape in made)


def test_things_stand_inside_their_leaf(reduced: synth.SynthCity) -> None:
    leaf = {u.code: u.shape for u in reduced.leaves}
    for table, names in (
        (reduced.buildings, ("footprint", "entrance")),
        (reduced.devices, ("point",)),
    ):
        around = np.array([leaf[code] for code in table.column("leaf_code").tolist()])
        for name in names:
            assert shapely.contains_properly(around, table.column(name)).all()
    households: Counter[str] = Counter()
    for building in reduced.buildings:
        households[building.leaf_code] += building.households
    assert households == Counter({u.code: u.households for u in reduced.leaves})
    assert {p.unit_code for p in reduced.duty_posts} == {u.code for u in reduced.units}


def test_all_is_valid_and_on_the_lattice(reduced: synth.SynthCity) -> None:
    shapes = np.array([shape for row in rows_of(reduced) for shape in shapes_of(row)])
    assert shapely.is_valid(shapes).all()
    assert on_lattice(shapely.get_coordinates(shapes)).all()


def test_more_exclusive_grids_than_there_is_room_for_are_an_error() -> None:
    with pytest.raises(ValueError, match="room for"):
        synth.whole_city(1, few_outlines(), few_divisions(), replace(SIZES, exclusive_grids=9999))


def test_a_city_without_a_landmark_has_places_all_the_same() -> None:
    outline = {"410106": shapely.box(113.26, 34.78, 113.28, 34.8)}
    rows = [
        synth.Division("410100", "郑州市", "city", None),
        synth.Division("410106", "上街区", "district", "410100"),
        synth.Division("410106009", "济源路街道", "township", "410106"),
        synth.Division("410106009001", "一号社区居民委员会", "community", "410106009"),
    ]
    sizes = synth.WholeSizes(
        townships=1, communities=2, urban_grids=2, rural_grids=0, micro_grids=12,
        exclusive_grids=2, cameras=20, sensors=5, estate_cameras=0, duty_posts=0,
        ponding_points=1,
    )  # fmt: skip
    made = synth.whole_city(1, outline, rows, sizes)
    assert len(made.leaves) == 12
    assert len(made.places) > 2
    assert not made.units[1].shape_synthetic
