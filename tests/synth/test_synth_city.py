"""Laws of the synthetic city, on the small one (a real outline) or the tiny one."""

import re
import tomllib
from collections import Counter, defaultdict
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import shapely

from gridgeo import synth
from gridgeo.geometry.coverage import check_coverage, check_nesting
from gridgeo.geometry.lattice import on_lattice
from gridgeo.synth.divisions import is_village
from gridgeo.synth.standing import CAMERA_KINDS, SENSOR_KINDS

DATA = Path(__file__).parents[2] / "data"
EXCLUDED_DEVICES = {"face_capture", "worker_terminal", "body_camera", "access_gate"}
PARTS = (
    "exclusive_grids", "buildings", "roads", "barriers", "assets", "ponding_points", "places",
    "devices", "duty_posts",
)  # fmt: skip


def children_of(city: synth.SynthCity) -> dict[str | None, list[synth.SynthUnit]]:
    found = defaultdict(list)
    for unit in city.units:
        found[unit.parent_code].append(unit)
    return found


def shapes_of(row: object) -> list[shapely.Geometry]:
    names = ("shape", "footprint", "entrance", "line", "point")
    return [getattr(row, name) for name in names if hasattr(row, name)]


def rows_of(city: synth.SynthCity) -> list[object]:
    return list(chain(city.units, *(getattr(city, part) for part in PARTS)))


def as_bytes(city: synth.SynthCity) -> list[object]:
    shapes = [shapely.to_wkb(shape) for row in rows_of(city) for shape in shapes_of(row)]
    words = [
        (
            row.code,
            getattr(row, "name", None),
            getattr(row, "households", None),
            getattr(row, "kind", None),
        )
        for row in rows_of(city)
    ]
    return [shapes, words]


def test_the_same_seed_gives_the_same_bytes(tiny: synth.SynthCity) -> None:
    assert as_bytes(synth.tiny_city(seed=1)) == as_bytes(tiny)


def test_another_seed_gives_another_map_of_the_same_codes_above_the_grids(
    tiny: synth.SynthCity,
) -> None:
    other = synth.tiny_city(seed=2)
    assert as_bytes(other) != as_bytes(tiny)
    assert [u.code for u in other.units if len(u.code) <= 12] == [
        u.code for u in tiny.units if len(u.code) <= 12
    ]


def test_the_tiny_city_has_forty_leaves(tiny: synth.SynthCity) -> None:
    assert Counter(u.level for u in tiny.leaves) == {"micro_grid": 36, "grid": 4}
    assert all(getattr(tiny, part) for part in PARTS)


def test_the_district_has_its_real_units_and_about_2200_micro_grids(
    small_city: synth.SynthCity, district_divisions: list[synth.Division]
) -> None:
    counts = Counter(u.level for u in small_city.units)
    assert (counts["city"], counts["district"]) == (1, 1)
    assert (counts["township"], counts["community"]) == (16, 176)
    assert 1900 <= counts["micro_grid"] <= 2500
    real = {(row.code, row.name) for row in district_divisions}
    assert {(u.code, u.name) for u in small_city.units if len(u.code) <= 12} == real


def test_villages_have_rural_grids_without_micro_grids(
    small_city: synth.SynthCity, district_divisions: list[synth.Division]
) -> None:
    villages = {row.code for row in district_divisions if is_village(row)}
    rural = [u for u in small_city.leaves if u.level == "grid"]
    assert len(villages) == 11
    assert {u.parent_code for u in rural} == villages
    assert {u.kind for u in rural} == {"rural"}
    per_village = Counter(u.parent_code for u in rural).values()
    assert min(per_village) >= 3 and max(per_village) <= 7


def test_no_count_of_defects_but_zero_in_the_cover_of_the_leaves(
    small_city: synth.SynthCity,
) -> None:
    leaves = small_city.leaves
    shapes = [u.shape for u in leaves]
    assert check_coverage(shapes, [u.code for u in leaves], small_city.units[0].shape) == []
    assert shapely.coverage_is_valid(np.array(shapes))


def test_every_unit_is_exactly_the_union_of_its_children(small_city: synth.SynthCity) -> None:
    children = children_of(small_city)
    for unit in small_city.units:
        if below := children[unit.code]:
            assert (
                check_nesting(
                    unit.shape, unit.code, [u.shape for u in below], [u.code for u in below]
                )
                == []
            )


def test_every_shape_is_valid_and_on_the_lattice(small_city: synth.SynthCity) -> None:
    shapes = np.array([shape for row in rows_of(small_city) for shape in shapes_of(row)])
    assert shapely.is_valid(shapes).all()
    assert on_lattice(shapely.get_coordinates(shapes)).all()


def test_the_outline_moves_by_less_than_a_lattice_unit(small_city: synth.SynthCity) -> None:
    text = (DATA / "zhengzhou_districts.geojson").read_text(encoding="utf-8")
    outline = synth.parse_outline(text, "410103")
    drawn = small_city.units[1].shape
    assert small_city.units[0].shape.equals(drawn)
    assert shapely.hausdorff_distance(outline.exterior, drawn.exterior) < 1e-7


def test_every_leaf_has_thirty_vertices_and_a_compact_shape(small_city: synth.SynthCity) -> None:
    shapes = np.array([u.shape for u in small_city.leaves])
    assert shapely.get_num_coordinates(shapes).min() - 1 >= 30
    metric = shapely.transform(shapes, lambda xy: xy * (0.822, 1.0))
    roundness = 4 * np.pi * shapely.area(metric) / shapely.length(metric) ** 2
    assert roundness.min() > 0.25
    assert np.median(roundness) > 0.65


def test_codes_fit_the_profile_and_hang_on_their_parents(small_city: synth.SynthCity) -> None:
    profile = tomllib.loads((DATA / "profiles/zhengzhou.toml").read_text(encoding="utf-8"))
    patterns = {row["level"]: row["code_pattern"] for row in profile["levels"]}
    by_code = {u.code: u for u in small_city.units}
    assert len(by_code) == len(small_city.units)
    order = list(patterns)
    for unit in small_city.units:
        assert re.fullmatch(patterns[unit.level], unit.code)
        if unit.parent_code is not None:
            assert order.index(by_code[unit.parent_code].level) == order.index(unit.level) - 1
    for grid in small_city.exclusive_grids:
        assert re.fullmatch(profile["exclusive_grid"]["code_pattern"], grid.code)
        assert grid.code not in by_code


def test_codes_are_unique_within_each_kind_of_thing(small_city: synth.SynthCity) -> None:
    for part in PARTS:
        codes = [row.code for row in getattr(small_city, part)]
        assert len(set(codes)) == len(codes)


def test_households_of_a_unit_are_the_sum_of_its_children(small_city: synth.SynthCity) -> None:
    children = children_of(small_city)
    for unit in small_city.units:
        if below := children[unit.code]:
            assert unit.households == sum(u.households for u in below)


def test_households_keep_the_balance_rules_but_for_some_outliers(
    small_city: synth.SynthCity,
) -> None:
    micro = np.array([u.households for u in small_city.units if u.level == "micro_grid"])
    outside = np.mean((micro < 50) | (micro > 70))
    assert 0.02 < outside < 0.07
    assert micro.min() >= 20 and micro.max() <= 110
    leaves = {u.code for u in small_city.leaves}
    rural = [u.households for u in small_city.leaves if u.level == "grid"]
    assert min(rural) >= 60 and max(rural) <= 220
    grids = np.array(
        [u.households for u in small_city.units if u.level == "grid" and u.code not in leaves]
    )
    assert np.mean((grids >= 300) & (grids <= 500)) > 0.95


def test_buildings_stand_inside_their_leaf_and_hold_its_households(
    small_city: synth.SynthCity,
) -> None:
    leaf_shapes = {u.code: u.shape for u in small_city.leaves}
    households: Counter[str] = Counter()
    for building in small_city.buildings:
        households[building.leaf_code] += building.households
        assert 1 <= building.households <= 40
    assert households == Counter({u.code: u.households for u in small_city.leaves})
    around = np.array([leaf_shapes[b.leaf_code] for b in small_city.buildings])
    footprints = np.array([b.footprint for b in small_city.buildings])
    entrances = np.array([b.entrance for b in small_city.buildings])
    assert shapely.contains_properly(around, footprints).all()
    assert shapely.contains_properly(around, entrances).all()
    assert shapely.distance(footprints, entrances).max() < 1e-6


def test_buildings_do_not_overlap(small_city: synth.SynthCity) -> None:
    footprints = np.array([b.footprint for b in small_city.buildings])
    left, right = shapely.STRtree(footprints).query(footprints, predicate="intersects")
    assert (left == right).all()


def test_devices_stand_inside_their_leaf_and_none_is_of_an_excluded_kind(
    small_city: synth.SynthCity,
) -> None:
    leaf_shapes = {u.code: u.shape for u in small_city.leaves}
    devices = small_city.devices
    around = np.array([leaf_shapes[d.leaf_code] for d in devices])
    assert shapely.contains_properly(around, np.array([d.point for d in devices])).all()
    kinds = Counter(d.kind for d in devices)
    assert not EXCLUDED_DEVICES & set(kinds)
    listed = (DATA / "device_kinds.csv").read_text(encoding="utf-8")
    assert all(re.search(rf"^{kind},", listed, re.MULTILINE) for kind in kinds)
    cameras = sum(kinds[name] for name, _ in CAMERA_KINDS)
    sensors = sum(kinds[name] for name, _ in SENSOR_KINDS)
    assert cameras / len(small_city.leaves) == pytest.approx(2.7, rel=0.1)
    assert sensors / len(small_city.leaves) == pytest.approx(3.8, rel=0.1)


def test_exclusive_grids_cross_township_borders_inside_the_city(
    small_city: synth.SynthCity, tiny: synth.SynthCity
) -> None:
    assert len(small_city.exclusive_grids) == 5
    for city in (small_city, tiny):
        townships = np.array([u.shape for u in city.units if u.level == "township"])
        leaves = np.array([u.shape for u in city.leaves])
        for grid in city.exclusive_grids:
            assert shapely.intersects(townships, grid.shape).sum() >= 2
            assert shapely.overlaps(leaves, grid.shape).sum() >= 2
            assert city.units[0].shape.covers(grid.shape)
            assert len(grid.party_names) >= 3
            assert grid.code.startswith(city.units[1].code + "000000")


def test_borders_run_along_roads_and_barriers(small_city: synth.SynthCity) -> None:
    lines = [row.line for row in chain(small_city.roads, small_city.barriers)]
    inner = shapely.union_all([small_city.units[0].shape.exterior, *lines])
    borders = np.array([u.shape.exterior for u in small_city.leaves[:200]])
    assert shapely.covers(inner, borders).all()
    assert {road.road_class for road in small_city.roads} == {"arterial", "street", "lane"}
    assert {row.kind for row in small_city.barriers} == {"river", "stream", "wall", "railway"}


def test_lamps_ponding_places_and_posts_are_in_the_city(small_city: synth.SynthCity) -> None:
    ground = small_city.units[0].shape
    shapely.prepare(ground)
    points = [
        *(p.point for p in small_city.places),
        *(p.point for p in small_city.ponding_points),
        *(p.point for p in small_city.duty_posts),
        *(a.shape for a in small_city.assets),
    ]
    assert shapely.covers(ground, np.array(points)).all()
    assert len(small_city.ponding_points) == 12
    assert {a.kind for a in small_city.assets} == {"lamp", "park"}


def test_every_unit_has_a_duty_post(small_city: synth.SynthCity) -> None:
    assert {p.unit_code for p in small_city.duty_posts} == {u.code for u in small_city.units}


def test_everything_generated_says_so(small_city: synth.SynthCity) -> None:
    for part in PARTS:
        assert all(row.synthetic for row in getattr(small_city, part))
    for unit in small_city.units:
        assert unit.shape_synthetic == (unit.level not in ("city", "district"))
        assert unit.name_synthetic == (unit.level in ("grid", "micro_grid"))
        assert unit.synthetic == (unit.shape_synthetic or unit.name_synthetic)


def test_names_come_from_the_community_and_the_number(small_city: synth.SynthCity) -> None:
    names = {u.code: u.name for u in small_city.units}
    assert names["410103010006001"] == "德化社区第1网格"
    assert names["410103010006001002"] == "德化社区第1网格2号微网格"
    assert names["410103015200003"] == "尖岗村第3网格"


def test_progress_is_told_step_by_step_up_to_one() -> None:
    told: list[tuple[str, float]] = []
    outline = shapely.box(113.6, 34.7, 113.61, 34.71)
    rows = [
        synth.Division("419900", "示例市", "city", None),
        synth.Division("419901", "示例区", "district", "419900"),
        synth.Division("419901001", "东街街道", "township", "419901"),
        synth.Division("419901001001", "一号社区居民委员会", "community", "419901001"),
    ]
    made = synth.city(3, outline, rows, synth.TINY, lambda step, share: told.append((step, share)))
    assert {step for step, share in told if share == 1.0} == {"units", "buildings"}
    assert len(made.exclusive_grids) == 1
