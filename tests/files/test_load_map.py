import json
from itertools import pairwise

import geopandas
import numpy as np
import psycopg
import pytest
import shapely
from loader import write

from gridgeo.settings import ROOT
from gridgeo.units import store
from gridgeo.units.model import check_city


def units_of(load):
    with psycopg.connect(load.dsn) as conn:
        return store.all_units(conn, 1), store.read_profile(conn)


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".fgb", ".parquet"])
def test_whole_city_comes_back_as_it_was_from_every_format(load, every, made, tmp_path, suffix):
    assert load(write(every, tmp_path / f"city{suffix}")) == 0, load.err + load.out
    units, profile = units_of(load)
    assert check_city(units, profile) == []
    assert {u.code: (u.level, u.parent_code, u.households) for u in units.values()} == {
        u.code: (u.level, u.parent_code, u.households) for u in made.units
    }
    assert all(units[u.code].shape.equals(u.shape) for u in made.units)


def test_leaves_alone_make_their_parents_as_exact_unions(load, leaves, made, tmp_path):
    above = {unit.code: unit for unit in made.units}
    for level in ("community", "township", "district", "city"):
        leaves[f"{level}_code"] = [ancestor(above, code, level).code for code in leaves["code"]]
        leaves[f"{level}_name"] = [ancestor(above, code, level).name for code in leaves["code"]]
    leaves = leaves.drop(columns="level")
    assert load(write(leaves, tmp_path / "leaves.gpkg")) == 0, load.err + load.out
    units, _ = units_of(load)
    assert set(units) == set(above)
    for code, unit in units.items():
        assert unit.shape.equals(above[code].shape)
        assert (unit.parent_code, unit.households) == (
            above[code].parent_code, above[code].households,
        )  # fmt: skip
    grids = {code for code, unit in above.items() if unit.level == "grid"}
    assert {c for c in above if units[c].name != above[c].name} <= grids


def ancestor(units, code, level):
    unit = units[code]
    while unit.level != level:
        unit = units[unit.parent_code]
    return unit


def test_leaves_without_any_parent_hang_on_a_city_that_is_made(load, leaves, tmp_path):
    leaves = leaves.drop(columns=["parent_code", "level"])
    assert load(write(leaves, tmp_path / "leaves.geojson")) == 0, load.err + load.out
    units, profile = units_of(load)
    root = units[profile.document["code"]]
    assert (root.name, root.level, root.parent_code) == (profile.name, "city", None)
    assert {unit.parent_code for unit in units.values()} == {None, root.code}
    assert root.households == leaves["households"].sum()


def test_levels_come_in_files_of_their_own(load, every, tmp_path):
    levels = list(every["level"].unique())
    parts = [
        write(every[every["level"] == level].drop(columns="level"), tmp_path / f"{level}.gpkg")
        for level in levels
    ]
    options = [word for level in levels for word in ("--level", level)]
    assert load(*parts, *options, "--report", "json") == 0, load.err + load.out
    report = json.loads(load.out)
    assert report["units"] == every["level"].value_counts()[levels].to_dict()
    assert (report["outcome"], report["version"], report["problems"]) == ("loaded", 1, {})
    assert report["area_km2"]["city"] == pytest.approx(report["area_km2"]["district"])


def test_database_tells_who_loaded_what_from_where(load, leaves, tmp_path):
    load(write(leaves.to_crs(4547), tmp_path / "leaves.gpkg"))
    assert load.one("SELECT actor FROM map_version") == "gridgeo load"
    assert load.one("SELECT note FROM map_version") == "leaves.gpkg (EPSG:4547)"
    assert not load.one("SELECT synthetic FROM map_version")


def test_one_office_answers_for_a_city_without_rules(load, leaves, tmp_path):
    load(write(leaves, tmp_path / "leaves.gpkg"))
    with psycopg.connect(load.dsn) as conn:
        row = conn.execute(
            "SELECT p.code, p.kind, p.synthetic, u.level, r.category FROM responsibility_rule r "
            "JOIN party p USING (party_id) JOIN unit u ON u.unit_id = r.scope_unit_id"
        ).fetchall()
    assert row == [("U410100", "operations_centre", False, "city", None)]


def test_dry_run_tells_all_and_writes_nothing(load, leaves, tmp_path):
    file = write(leaves, tmp_path / "leaves.gpkg")
    assert load(file, "--dry-run") == 0, load.err
    assert "40 " not in load.err
    assert "dry run, so nothing was written" in load.out
    assert load.is_empty


def test_second_map_is_refused_with_the_way_on(load_more, leaves, tmp_path):
    assert load_more(write(leaves, tmp_path / "leaves.gpkg")) == 1
    assert "version 1" in load_more.err
    assert "plan" in load_more.err
    assert load_more.one("SELECT count(*) FROM map_version") == 1


TWO_LEVELS = """
name = "Elsewhere"
code = "elsewhere"
planar_srid = 4547
[[levels]]
level = "city"
name_zh = "市"
name_en = "city"
code_pattern = "^elsewhere$"
[[levels]]
level = "ward"
name_zh = "区"
name_en = "ward"
code_pattern = "^ward [0-9]+$"
may_be_leaf = true
"""


def test_city_of_two_levels_loads_by_a_profile_of_its_own(load, leaves, tmp_path):
    profile = tmp_path / "elsewhere.toml"
    profile.write_text(TWO_LEVELS, encoding="utf-8")
    wards = leaves[["geometry"]].assign(ward=[f"ward {n}" for n in range(len(leaves))])
    file = write(wards, tmp_path / "wards.fgb")
    assert load(file, "--profile", profile, "--code", "ward", "--name", "ward") == 0, load.err
    units, stored = units_of(load)
    assert stored.level_names == ("city", "ward")
    assert {unit.level for unit in units.values()} == {"city", "ward"}
    assert "ward 3" in units


def test_columns_may_have_any_names_by_a_mapping_file(load, every, tmp_path):
    table = every.rename(
        columns={"code": "网格编码", "name": "网格名称", "parent_code": "上级", "level": "层级"}
    )
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        '[columns]\ncode = "网格编码"\nname = "网格名称"\nparent = "上级"\nlevel = "层级"\n',
        encoding="utf-8",
    )
    assert load(write(table, tmp_path / "city.gpkg"), "--map", mapping) == 0, load.err
    assert len(units_of(load)[0]) == len(every)


@pytest.mark.parametrize("keep_cpg", [True, False])
@pytest.mark.parametrize("zipped", [True, False])
def test_shapefile_in_gbk_keeps_its_names(load, leaves, tmp_path, zip_of, keep_cpg, zipped):
    file = write(leaves, tmp_path / "grids.shp", encoding="GBK")
    if not keep_cpg:
        file.with_suffix(".cpg").unlink()
    if zipped:
        file = zip_of(file)
    assert load(file) == 0, load.err
    units, _ = units_of(load)
    assert all(units[code].name == name for code, name in leaves[["code", "name"]].values)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4547", "EPSG:4526", "EPSG:3857"])
def test_any_system_brings_every_vertex_home(load, leaves, tmp_path, crs):
    """EPSG:4526 is the zone-numbered twin of 4547; a lattice step is 1 cm."""
    assert load(write(leaves.to_crs(crs), tmp_path / "leaves.gpkg")) == 0, load.err + load.out
    units, _ = units_of(load)
    for code, shape in leaves[["code", "geometry"]].values:
        assert units[code].shape.hausdorff_distance(shape) < 3e-7


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_shifted_datum_is_taken_back_when_said(load, leaves, tmp_path, shifted, crs):
    file = write(shifted(leaves, crs), tmp_path / "leaves.geojson")
    assert load(file, "--crs", crs) == 0, load.err + load.out
    units, _ = units_of(load)
    code, shape = leaves[["code", "geometry"]].values[0]
    assert units[code].shape.hausdorff_distance(shape) < 3e-7


def test_corner_on_a_neighbours_edge_becomes_its_vertex(load, leaves, tmp_path):
    shapes = leaves.geometry.to_numpy()
    one, other = first_neighbours(shapes)
    shapes[one] = with_shared_midpoint(shapes[one], shapes[other])
    leaves = leaves.set_geometry(shapes, crs=4326)
    assert load(write(leaves, tmp_path / "leaves.gpkg")) == 0, load.err + load.out
    assert "noding added" in load.out
    units, profile = units_of(load)
    assert check_city(units, profile) == []


def first_neighbours(shapes):
    for i, shape in enumerate(shapes):
        for j in range(i + 1, len(shapes)):
            if shape.intersection(shapes[j]).length > 0:
                return i, j
    raise AssertionError("no neighbours")


def with_shared_midpoint(shape, neighbour):
    """The shape with one more vertex, in the middle of its longest segment on a neighbour."""
    xy = shapely.get_coordinates(shape.exterior).tolist()
    line = neighbour.exterior
    lengths = [
        shapely.LineString([a, b]).length * line.covers(shapely.LineString([a, b]))
        for a, b in pairwise(xy)
    ]
    k = lengths.index(max(lengths))
    middle = [(xy[k][0] + xy[k + 1][0]) / 2, (xy[k][1] + xy[k + 1][1]) / 2]
    return shapely.Polygon([*xy[: k + 1], middle, *xy[k + 1 :]])


def test_parent_that_is_not_its_children_is_refused_or_gives_way(load, every, tmp_path):
    shapes = every.geometry.to_numpy()
    row = int((every["level"] == "township").to_numpy().argmax())
    shapes[row] = shapes[row].buffer(0.0005)
    file = write(every.set_geometry(shapes, crs=4326), tmp_path / "city.gpkg")
    assert load(file) == 1
    assert every["code"][row] in load.out
    assert "is not its children" in load.out
    assert load.is_empty
    assert load(file, "--parents", "union") == 0, load.out
    assert "drawn anew" in load.out
    units, profile = units_of(load)
    assert check_city(units, profile) == []


def test_overlays_come_onto_the_live_map_as_the_next_version(load_more, leaves, tmp_path):
    wide = shapely.buffer(leaves.geometry.to_numpy()[:3], 0.001)
    areas = leaves.head(3)[["geometry"]].assign(code=["X0", "X1", "X2"], name="商圈")
    areas = areas.set_geometry(wide, crs=4326)
    file = write(areas, tmp_path / "areas.geojson")
    before = load_more.one("SELECT count(*) FROM exclusive_grid")
    assert load_more(file, "--overlay", "key_area") == 0, load_more.err + load_more.out
    assert "version 2" in load_more.out
    assert load_more.one("SELECT count(*) FROM exclusive_grid") == before + 3
    assert (
        load_more.one("SELECT count(*) FROM responsibility_rule WHERE NOT upper_inf(rule_sets)")
        == 0
    )
    assert load_more(file, "--overlay", "key_area") == 1
    assert "already" in load_more.out
    assert load_more.one("SELECT max(version) FROM map_version") == 2


def test_repair_closes_slivers_and_keeps_the_books(load, leaves, tmp_path, shifted):
    shapes = leaves.geometry.to_numpy()
    shapes[5] = shapes[5].buffer(-0.000002)
    shapes[20] = shapes[20].buffer(0.000002)
    file = write(shifted(leaves.set_geometry(shapes, crs=4326), "gcj02"), tmp_path / "a.geojson")
    ledger = tmp_path / "ledger.csv"
    assert load(file, "--crs", "gcj02") == 1
    assert load.is_empty
    assert load(file, "--crs", "gcj02", "--repair", "--ledger", ledger) == 0, load.err + load.out
    assert "repaired:" in load.out
    header, *rows = ledger.read_text().splitlines()
    assert header == "kind,from_code,to_code,holder,area_m2,lon,lat"
    assert rows
    units, profile = units_of(load)
    assert check_city(units, profile) == []


def test_encoding_overrides_what_a_shapefile_says_of_itself(load, leaves, tmp_path):
    file = write(leaves, tmp_path / "grids.shp", encoding="GBK")
    file.with_suffix(".cpg").write_text("UTF-8")
    assert load(file) == 2
    assert load(file, "--encoding", "gb18030") == 0
    units, _ = units_of(load)
    assert all(units[code].name == name for code, name in leaves[["code", "name"]].values)


def test_twelve_districts_of_a_vendor_load_with_a_repair_and_its_ledger(load, tmp_path, shifted):
    """GCJ-02 as the vendor has it, two rings that cross themselves, eight gaps of 1 to 4 m."""
    districts = geopandas.read_file(ROOT / "data" / "zhengzhou_districts.geojson")
    districts = districts.to_crs(4326)
    shapes = districts.geometry.to_numpy()
    for row in range(8):
        shapes[row] = with_notch(shapes, row, (row % 4 + 1) * 1e-5)
    for row in (9, 10):
        shapes[row] = with_bow_tie(shapes[row])
    assert (~shapely.is_valid(shapes)).sum() == 2
    file = write(shifted(districts.set_geometry(shapes, crs=4326), "gcj02"), tmp_path / "d.geojson")
    said = ("--crs", "gcj02", "--level", "district")
    assert load(file, *said, "--report", "json") == 1
    kinds = json.loads(load.out)["problems"]
    assert kinds["invalid"] == 2
    assert load.is_empty
    ledger = tmp_path / "ledger.csv"
    limits = "max_gap_m=10,max_overlap_m=10"
    assert load(file, *said, "--repair", limits, "--ledger", ledger) == 0, load.err + load.out
    assert sum(line.startswith("gap,") for line in ledger.read_text().splitlines()) >= 8
    assert load.one("SELECT array_agg(DISTINCT source_crs) FROM unit_shape") == ["gcj02"]
    units, profile = units_of(load)
    assert check_city(units, profile) == []
    [root] = [unit for unit in units.values() if unit.parent_code is None]
    assert (root.code, root.name) == (profile.document["code"], profile.name)
    whole = shapely.union_all([unit.shape for unit in units.values() if unit.level == "district"])
    assert root.shape.equals(whole)
    assert [unit.level for unit in units.values()].count("district") == 12


def with_notch(shapes, row, depth):
    """A shape without a small square on the middle of its longest border with another."""
    others = np.delete(shapes, row)
    borders = shapely.get_parts(
        shapely.line_merge(shapely.intersection(shapes[row].boundary, shapely.union_all(others)))
    )
    line = max(borders, key=shapely.length)
    middle = line.interpolate(0.5, normalized=True)
    return shapes[row].difference(middle.buffer(depth, cap_style="square"))


def with_bow_tie(shape):
    """A shape whose first edge has a loop of 2 m that crosses it."""
    outer = max(shapely.get_parts(shape), key=shapely.area).exterior
    a, b, *rest = shapely.get_coordinates(outer)
    along = (b - a) / np.hypot(*(b - a)) * 1e-5
    aside, middle = np.array([-along[1], along[0]]), (a + b) / 2
    return shapely.Polygon([a, middle + along, middle + aside, middle - aside, b, *rest])


def test_report_goes_to_a_file_when_asked(load, leaves, tmp_path):
    report = tmp_path / "report.json"
    file = write(leaves, tmp_path / "leaves.gpkg")
    assert load(file, "--dry-run", "--report", "json", "-o", report) == 0
    assert load.out == ""
    assert json.loads(report.read_text(encoding="utf-8"))["outcome"] == "checked"


def test_help_tells_the_columns_of_every_table(load):
    assert load("--help") == 0
    told = " ".join(load.out.split())
    for word in ("gridgeo load grids.gpkg", "footprint_wkt", "party_code", "unit_code"):
        assert word in told
