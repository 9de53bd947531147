"""`gridgeo export` on a real city: which units, of which map."""

import json
from dataclasses import replace

import geopandas
import pandas
import psycopg
import pytest
import shapely

from gridgeo.cli import main
from gridgeo.cli.local import Local
from gridgeo.geometry.coverage import check_coverage
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.edits.move_vertex import MoveVertex
from gridgeo.geometry.lattice import on_lattice
from gridgeo.parties import changing
from gridgeo.plans import store as plans
from gridgeo.settings import load_settings
from gridgeo.units import store
from gridgeo.units.publish import Record, publish


@pytest.fixture
def here(city_db, tmp_path, monkeypatch):
    """A folder to write to, on a machine whose city is the tiny one."""
    monkeypatch.setenv("GRIDGEO_VAR_DIR", str(tmp_path / "var"))
    Local(None, city_db, {}).write(load_settings().local_file)
    return tmp_path


@pytest.fixture
def units(city_conn):
    return store.all_units(city_conn, 1)


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(["export", *map(str, arguments)])
    return ended.value.code


def movable(units):
    """A shared vertex well inside the city, and where to move it."""
    [root] = [unit for unit in units.values() if unit.parent_code is None]
    leaves = [unit.shape for unit in units.values() if unit.is_leaf]
    inside = root.shape.buffer(-0.001)
    at = min(
        p for p in shapely.get_coordinates(leaves).tolist() if inside.contains(shapely.Point(p))
    )
    return root, tuple(at), (at[0] + 0.00002, at[1] + 0.00001)


def test_by_default_the_leaves_are_written_and_are_a_coverage(here, units):
    assert run(here / "out.gpkg") == 0
    found = geopandas.read_file(here / "out.gpkg")
    assert set(found["code"]) == {code for code, unit in units.items() if unit.is_leaf}
    assert on_lattice(shapely.get_coordinates(found.geometry)).all()
    [city] = [unit.shape for unit in units.values() if unit.parent_code is None]
    assert check_coverage(list(found.geometry), list(found["code"]), city) == []


def test_columns_are_those_of_the_map(here, units, inputs):
    run(here / "out.gpkg", "--all-levels")
    found = geopandas.read_file(here / "out.gpkg").set_index("code")
    assert set(found.index) == set(units)
    assert found["level"].iloc[0] == "city" and set(found["map_version"]) == {1}
    planar = Planar(inputs.profile.planar_srid)
    for code, unit in units.items():
        row = found.loc[code]
        assert row["name"] == unit.name and row["households"] == unit.households
        assert row["area_m2"] == pytest.approx(planar.area_m2(unit.shape))
        if unit.level == "city":
            assert pandas.isna(row["parent_code"]) and pandas.isna(row["district_code"])
        else:
            assert row["parent_code"] == unit.parent_code
            assert units[row["district_code"]].level == "district"


def test_one_level_is_written(here, units):
    assert run(here / "out.fgb", "--level", "community") == 0
    found = geopandas.read_file(here / "out.fgb")
    assert set(found["code"]) == {c for c, unit in units.items() if unit.level == "community"}


def test_a_cover_is_a_level_and_the_leaves_above_it(here, units):
    assert run(here / "out.fgb", "--cover", "micro_grid") == 0
    found = geopandas.read_file(here / "out.fgb")
    assert set(found["code"]) == {code for code, unit in units.items() if unit.is_leaf}


def test_one_unit_is_written_with_what_lies_in_it(here, units):
    township = min(code for code, unit in units.items() if unit.level == "township")
    assert run(here / "out.parquet", "--all-levels", "--unit", township) == 0
    found = geopandas.read_parquet(here / "out.parquet")
    below = {township}
    for _ in range(4):
        below |= {code for code, unit in units.items() if unit.parent_code in below}
    assert set(found["code"]) == below


def publish_a_move(conn, units):
    """Publish the move of a shared vertex; return the units that changed."""
    root, at, to = movable(units)
    change = MoveVertex(at, to).apply({c: unit.shape for c, unit in units.items()}, root.shape)
    new = {code: replace(units[code], shape=shape) for code, shape in change.new.items()}
    old = {code: units[code] for code in change.old}
    publish(conn, Delta(old, new), (), Record("test", 1, note="test"))
    conn.commit()
    return new


def test_a_new_shape_was_drawn_in_wgs84_unless_somebody_says_otherwise(units, city_conn):
    changed = publish_a_move(city_conn, units)
    systems = city_conn.execute(
        "SELECT source_crs, count(*) FROM unit_shape WHERE lower(versions) = 2 GROUP BY 1"
    ).fetchall()
    assert systems == [("EPSG:4326", len(changed))]


def test_a_past_version_is_written_as_it_was(here, units, city_conn):
    new = publish_a_move(city_conn, units)
    for version, expected in ((1, units), (2, {**units, **new})):
        run(here / f"v{version}.parquet", "--at", str(version))
        found = geopandas.read_parquet(here / f"v{version}.parquet").set_index("code")
        for code in new.keys() & set(found.index):
            got = shapely.get_parts(found.loc[code].geometry)[0]
            assert shapely.equals_identical(got, expected[code].shape)


def test_a_plan_is_written_as_it_would_be(here, units, city_db, capsys):
    _, at, to = movable(units)
    with psycopg.connect(city_db.app) as conn:
        plan = plans.create_plan(conn, "move a corner", None, "test")
        plans.add_edit(conn, plan.plan_id, "move_vertex", {"at": at, "to": to}, "test")
        delta = plans.delta_of(conn, plans.get_plan(conn, plan.plan_id))
    assert run(here / "plan.parquet", "--plan", str(plan.plan_id)) == 0
    found = geopandas.read_parquet(here / "plan.parquet").set_index("code")
    assert set(found["plan"]) == {plan.plan_id}
    moved = [code for code in delta.new if code in found.index]
    assert moved
    for code in moved:
        got = shapely.get_parts(found.loc[code].geometry)[0]
        assert shapely.equals_identical(got, delta.new[code].shape)
    assert f"plan {plan.plan_id} on map version 1" in capsys.readouterr().out


def test_exclusive_grids_of_one_kind_are_written_with_their_parties(here, city_conn, capsys):
    [kind] = city_conn.execute("SELECT min(kind) FROM exclusive_grid").fetchone()
    assert run(here / "areas.gpkg", "--kind", kind) == 0
    found = geopandas.read_file(here / "areas.gpkg")
    assert set(found["kind"]) == {kind}
    assert f"{len(found)} exclusive grids of map version 1" in capsys.readouterr().out
    parties = [party for text in found["parties"] for party in json.loads(text)]
    assert {party["role"] for party in parties} == {"lead", "co_handler"}
    assert all(party["name"] and party["contact"] for party in parties)


@pytest.mark.parametrize("past", ["version", "instant"])
def test_exclusive_grids_of_a_past_map_have_the_parties_of_then(here, city_conn, past):
    """A later version, and a later rule set that takes every rule away."""
    before = city_conn.execute("SELECT clock_timestamp()").fetchone()[0]
    publish_a_move(city_conn, store.all_units(city_conn, 1))
    changing.publish_rules(city_conn, [], [], "test", "nobody")
    city_conn.commit()
    at = "1" if past == "version" else before.isoformat()
    for number, options in enumerate((["--at", at], [])):
        run(here / f"{number}.parquet", "--exclusive", *options)
    then, now = (geopandas.read_parquet(here / f"{number}.parquet") for number in (0, 1))
    assert all(json.loads(text) for text in then["parties"])
    assert not any(json.loads(text) for text in now["parties"])


def test_a_shapefile_of_exclusive_grids_without_parties_has_a_feature_for_each(here, city_conn):
    changing.publish_rules(city_conn, [], [], "test", "nobody")
    city_conn.commit()
    run(here / "areas.shp", "--exclusive")
    count = city_conn.execute("SELECT count(*) FROM exclusive_grid").fetchone()[0]
    assert len(geopandas.read_file(here / "areas.shp")) == count


def test_a_shifted_export_is_told_at_the_terminal(here, capsys):
    assert run(here / "out.geojson", "--crs", "GCJ-02", "--level", "district") == 0
    assert "carries no CRS" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--level", "grid", "--all-levels"), "one of --level"),
        (("--at", "1", "--plan", "1"), "--at or --plan"),
        (("--level", "ward"), "Unknown level 'ward'"),
        (("--cover", "ward"), "Unknown level 'ward'"),
        (("--unit", "999"), "'999'"),
        (("--plan", "77"), "no plan 77"),
        (("--at", "77"), "no map version"),
        (("--crs", "EPSG:1"), "EPSG:1"),
        (("--exclusive", "--level", "grid"), "--exclusive goes with"),
        (("--kind", "palace"), "No exclusive grid is of the kind 'palace'; the kinds are"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_no_file(here, capsys, arguments, said):
    assert run(here / "out.gpkg", *arguments) == 1
    assert said in capsys.readouterr().err
    assert not (here / "out.gpkg").exists()
