"""A redraw made in QGIS comes in as a plan: out by `export`, changed, back by `load --as-plan`."""

import json
import signal
import subprocess
import sys

import geopandas
import pandas
import psycopg
import pytest
import shapely
from loader import write
from shapely.geometry import LineString, box
from shapely.ops import split

from gridgeo.app import FOLLOWERS
from gridgeo.cli import main
from gridgeo.plans import steps
from gridgeo.plans import store as plans
from gridgeo.units import store
from gridgeo.units.model import check_city


@pytest.fixture
def units(load_more):
    with psycopg.connect(load_more.dsn) as conn:
        return store.all_units(conn, 1)


@pytest.fixture
def exported(load_more, tmp_path):
    """Write part of the live map to a file by `gridgeo export` and read it back as a table."""

    def export(*options, name="out.gpkg"):
        with pytest.raises(SystemExit) as ended:
            main(["export", str(tmp_path / name), *map(str, options)])
        assert ended.value.code in (0, None)
        load_more.capsys.readouterr()
        file = tmp_path / name
        return (
            geopandas.read_parquet(file) if file.suffix == ".parquet" else geopandas.read_file(file)
        )

    return export


@pytest.fixture
def carried_through(load_more):
    """Publish the plan and return the units of version 2, checked."""

    def publish():
        with psycopg.connect(load_more.dsn) as conn:
            [plan] = plans.list_plans(conn, "draft", None, 2)
            for step in ("submit", "approve"):
                steps.take_step(conn, plan.plan_id, step, "test")
            steps.publish_plan(conn, plan.plan_id, FOLLOWERS, "test")
            after = store.all_units(conn, 2)
            assert check_city(after, store.read_profile(conn)) == []
        with pytest.raises(SystemExit) as ended:
            main(["check", "--json"])
        report = json.loads(load_more.capsys.readouterr().out)
        assert (ended.value.code or 0, report["problems"]) == (0, {}), report
        return after

    return publish


@pytest.fixture
def untouched(load_more):
    """Whether the database holds no plan, no edit and no second version."""
    return lambda: (
        (
            load_more.one("SELECT count(*) FROM plan"),
            load_more.one("SELECT count(*) FROM plan_edit"),
            load_more.one("SELECT max(version) FROM map_version"),
        )
        == (0, 0, 1)
    )


def community(units):
    """The code of a unit with several grids of micro-grids in it."""
    return max(
        (u.code for u in units.values() if u.level == "community"),
        key=lambda code: sum(u.code.startswith(code) and u.level == "micro_grid"
                             for u in units.values()),
    )  # fmt: skip


def neighbours(frame):
    """Rows of two units that share a border, the first broad enough to give a strip of 3 m."""
    shapes = frame.geometry.to_numpy()
    for i, one in enumerate(shapes):
        for j, other in enumerate(shapes):
            kept = one.difference(other.buffer(0.00003))
            if i != j and one.intersection(other).length > 0 and kept.geom_type == "Polygon":
                return i, j
    raise AssertionError("no neighbours")


def with_border_moved(frame):
    """The second unit of a pair takes a strip of 3 m of the first, as an editor would draw it."""
    i, j = neighbours(frame)
    shapes = frame.geometry.to_numpy()
    kept = shapes[i].difference(shapes[j].buffer(0.00003, join_style="mitre"))
    shapes[j] = shapes[j].union(shapes[i].difference(kept))
    shapes[i] = kept
    return frame.set_geometry(shapes, crs=frame.crs), frame["code"][i], frame["code"][j]


def in_two(shape):
    _, south, _, north = shape.bounds
    x = shape.representative_point().x
    pieces = split(shape, LineString([(x, south - 1), (x + 0.00001, north + 1)])).geoms
    return sorted(pieces, key=lambda piece: -piece.area)


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".fgb", ".geojson", ".parquet"])
def test_redraw_goes_round_and_is_published(
    load_more, exported, carried_through, units, tmp_path, suffix
):
    frame = exported("--unit", community(units), name=f"out{suffix}")
    frame, giver, taker = with_border_moved(frame)
    redraw = write(frame, tmp_path / f"redraw{suffix}")
    assert load_more(redraw, "--as-plan", "--title", "河岸") == 0, load_more.err + load_more.out
    assert "plan 1, '河岸', on map version 1; nothing live changes" in load_more.out
    assert f"m2  {giver} -> {taker}" in load_more.out
    assert "export plan-1.gpkg --plan 1" in load_more.out
    with psycopg.connect(load_more.dsn) as conn:
        assert store.all_units(conn, 1) == units
    after = carried_through()
    assert set(after) == set(units)
    assert after[taker].shape.area > units[taker].shape.area
    moved = [code for code in units if after[code].shape != units[code].shape]
    assert {giver, taker} <= set(moved)
    assert len(moved) < len(units) / 2


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4547", "EPSG:3857", "gcj02"])
def test_redraw_may_come_in_any_system(load_more, exported, units, tmp_path, crs):
    frame = exported("--unit", community(units), "--crs", crs if crs == "gcj02" else "EPSG:4326")
    said = ("--crs", crs) if crs == "gcj02" else ()
    frame, giver, taker = with_border_moved(frame)
    frame = frame if crs == "gcj02" else frame.to_crs(crs)
    redraw = write(frame, tmp_path / "redraw.gpkg")
    assert load_more(redraw, "--as-plan", "--report", "json", *said) == 0, (
        load_more.err + load_more.out
    )
    plan = json.loads(load_more.out)["plan"]
    assert {giver, taker} <= set(plan["units"]["reshaped"])
    assert plan["units"]["created"] == plan["units"]["retired"] == []


def test_unit_split_by_qgis_keeps_its_code_on_the_largest_part(
    load_more, exported, carried_through, units, tmp_path
):
    """QGIS copies all attributes to both halves."""
    frame = exported("--unit", community(units))
    large, *small = in_two(frame.geometry[0])
    halves = pandas.concat([frame.iloc[[0]]] * len([large, *small]), ignore_index=True)
    halves = halves.set_geometry([large, *small], crs=frame.crs)
    frame = pandas.concat([halves, frame.iloc[1:]], ignore_index=True)
    redraw = write(frame, tmp_path / "redraw.gpkg")
    assert load_more(redraw, "--as-plan") == 0, load_more.err + load_more.out
    old = units[frame["code"][0]]
    assert f"{old.code} stands there {len(halves)} times" in load_more.out
    after = carried_through()
    new = sorted(set(after) - set(units))
    assert len(new) == len(small)
    assert {after[code].parent_code for code in new} == {old.parent_code}
    assert sum(after[c].households for c in [old.code, *new]) == old.households
    last = max(code for code in units if units[code].parent_code == old.parent_code)
    assert int(new[0]) == int(last) + 1


def test_file_of_a_split_brought_in_again_changes_nothing(
    load_more, exported, carried_through, units, tmp_path
):
    """Both halves have the old code in the file; on the map one of them has got its own since."""
    frame = exported("--unit", community(units))
    halves = pandas.concat([frame.iloc[[0]]] * 2, ignore_index=True)
    halves = halves.set_geometry(in_two(frame.geometry[0])[:2], crs=frame.crs)
    halves["households"] = None
    frame = pandas.concat([halves, frame.iloc[1:]], ignore_index=True)
    redraw = write(frame, tmp_path / "redraw.gpkg")
    assert load_more(redraw, "--as-plan") == 0, load_more.err + load_more.out
    after = carried_through()
    assert load_more(redraw, "--as-plan") == 2, load_more.out
    assert "redraw.gpkg is as the map is" in load_more.err
    frame.loc[0, "name"] = "改"
    more = write(frame, tmp_path / "more.gpkg")
    assert load_more(more, "--as-plan", "--report", "json") == 0, load_more.err
    plan = json.loads(load_more.out)["plan"]
    assert plan["units"]["created"] == plan["units"]["retired"] == []
    assert len(after) == len(units) + 1


def test_units_merged_by_qgis_retire_the_one_that_is_left_out(
    load_more, exported, carried_through, units, tmp_path
):
    frame = exported("--unit", community(units))
    i, j = neighbours(frame)
    shapes = frame.geometry.to_numpy()
    shapes[i] = shapes[i].union(shapes[j])
    merged = frame.set_geometry(shapes, crs=frame.crs).drop(index=j)
    redraw = write(merged, tmp_path / "redraw.gpkg")
    assert load_more(redraw, "--as-plan") == 0, load_more.err + load_more.out
    assert f"retired {frame['code'][j]}" in load_more.out
    after = carried_through()
    assert set(units) - set(after) == {frame["code"][j]}
    households = [units[frame["code"][row]].households for row in (i, j)]
    assert after[frame["code"][i]].households == sum(households)


def test_new_feature_without_attributes_is_a_new_unit(
    load_more, exported, carried_through, units, tmp_path
):
    frame = exported("--unit", community(units))
    large, *small = in_two(frame.geometry[0])
    fresh = geopandas.GeoDataFrame(geometry=small, crs=frame.crs)
    frame = frame.set_geometry([large, *frame.geometry[1:]], crs=frame.crs)
    frame = pandas.concat([frame, fresh], ignore_index=True)
    redraw = write(frame, tmp_path / "redraw.gpkg")
    assert load_more(redraw, "--as-plan") == 0, load_more.err + load_more.out
    after = carried_through()
    assert len(after) == len(units) + len(small)


def test_a_file_of_a_few_units_leaves_all_others_alone(
    load_more, exported, carried_through, units, tmp_path
):
    frame = exported("--unit", community(units))
    i, j = neighbours(frame)
    frame = frame.loc[[i, j]].reset_index(drop=True)
    frame, giver, taker = with_border_moved(frame)
    redraw = write(frame, tmp_path / "redraw.gpkg")
    assert load_more(redraw, "--as-plan") == 0, load_more.err + load_more.out
    after = carried_through()
    assert set(after) == set(units)
    assert after[giver].shape.area < units[giver].shape.area
    assert after[taker].name == units[taker].name


def test_all_levels_in_one_file_follow_their_leaves(
    load_more, exported, carried_through, units, tmp_path
):
    frame = exported("--unit", community(units), "--all-levels")
    leaves = frame[frame["leaf"].astype(bool)].reset_index(drop=True)
    leaves, giver, _ = with_border_moved(leaves)
    frame = pandas.concat([frame[~frame["leaf"].astype(bool)], leaves], ignore_index=True)
    redraw = write(frame, tmp_path / "redraw.gpkg")
    assert load_more(redraw, "--as-plan") == 0, load_more.err + load_more.out
    assert carried_through()[giver].shape != units[giver].shape


def test_dry_run_tells_what_would_change_and_keeps_nothing(
    load_more, exported, units, tmp_path, untouched
):
    frame, giver, taker = with_border_moved(exported("--unit", community(units)))
    redraw = write(frame, tmp_path / "redraw.gpkg")
    assert load_more(redraw, "--as-plan", "--dry-run") == 0
    assert f"m2  {giver} -> {taker}" in load_more.out
    assert "dry run, so nothing was written" in load_more.out
    assert untouched()


def test_report_as_geojson_draws_the_ground_that_moves(load_more, exported, units, tmp_path):
    frame, giver, taker = with_border_moved(exported("--unit", community(units)))
    redraw = write(frame, tmp_path / "redraw.gpkg")
    assert load_more(redraw, "--as-plan", "--report", "geojson") == 0
    [feature] = json.loads(load_more.out)["features"]
    ground = shapely.geometry.shape(feature["geometry"])
    assert (feature["properties"]["from"], feature["properties"]["to"]) == (giver, taker)
    assert ground.difference(units[giver].shape.buffer(1e-7)).area == pytest.approx(0, abs=1e-14)


def test_repair_closes_slivers_of_a_careless_redraw(
    load_more, exported, carried_through, units, tmp_path, untouched
):
    frame, giver, taker = with_border_moved(exported("--unit", community(units)))
    shapes = frame.geometry.to_numpy()
    row = int((frame["code"] == giver).to_numpy().argmax())
    shapes[row] = shapes[row].buffer(-0.000002, join_style="mitre")
    redraw = write(frame.set_geometry(shapes, crs=frame.crs), tmp_path / "redraw.gpkg")
    assert load_more(redraw, "--as-plan") == 1
    assert "gap: " in load_more.out
    assert untouched()
    ledger = tmp_path / "ledger.csv"
    assert load_more(redraw, "--as-plan", "--repair", "--ledger", ledger) == 0, load_more.out
    assert ledger.read_text().startswith("kind,from_code")
    after = carried_through()
    assert after[taker].shape.area > units[taker].shape.area


# --- what cannot be: one sentence each, with its place, and nothing is kept --------------------


def gap(frame):
    shapes = frame.geometry.to_numpy()
    hole = box(*shapes[0].representative_point().buffer(0.00002).bounds)
    return frame.set_geometry([shapes[0].difference(hole), *shapes[1:]], crs=frame.crs)


def overlap(frame):
    shapes = frame.geometry.to_numpy()
    i, j = neighbours(frame)
    shapes[j] = shapes[j].union(shapes[i].difference(shapes[i].buffer(-0.00002)))
    return frame.set_geometry(shapes, crs=frame.crs)


def bow_tie(frame):
    shapes = frame.geometry.to_numpy()
    west, south, east, north = shapes[0].bounds
    crossed = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    return frame.set_geometry([crossed, *shapes[1:]], crs=frame.crs)


def abroad(frame):
    shapes = [shapely.transform(s, lambda xy: xy + 0.3) for s in frame.geometry]
    return frame.set_geometry(shapes, crs=frame.crs)


def half_of_another(frame):
    i, j = neighbours(frame)
    shapes = frame.geometry.to_numpy()
    large, *_ = in_two(shapes[j])
    shapes[i] = shapes[i].union(large)
    return frame.set_geometry(shapes, crs=frame.crs).drop(index=j)


def other_level(frame):
    return frame.assign(level=["township", *frame["level"][1:]])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (gap, "gap: "),
        (overlap, "overlap: "),
        (bow_tie, "invalid: "),
        (abroad, "lies wholly beyond the ground that is redrawn"),
        (half_of_another, "which it does not hold"),
        (other_level, "would be another unit"),
    ],
)
def test_bad_redraw_is_refused_with_its_place(
    load_more, exported, units, tmp_path, untouched, spoil, said
):
    redraw = write(spoil(exported("--unit", community(units))), tmp_path / "redraw.gpkg")
    assert load_more(redraw, "--as-plan") == 1, load_more.err
    assert said in load_more.out
    assert "nothing was written" in load_more.out
    assert untouched()


def test_grids_without_their_micro_grids_are_refused(
    load_more, exported, units, tmp_path, untouched
):
    frame = exported("--unit", community(units), "--level", "grid")
    redraw = write(frame, tmp_path / "redraw.gpkg")
    assert load_more(redraw, "--as-plan") == 1
    assert "units in it, which the file does not hold" in load_more.out
    assert untouched()


def test_file_that_changes_nothing_is_no_plan(load_more, exported, units, tmp_path, untouched):
    redraw = write(exported("--unit", community(units)), tmp_path / "same.gpkg")
    assert load_more(redraw, "--as-plan") == 2
    assert "same.gpkg is as the map is" in load_more.err
    assert untouched()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--as-plan", "--overlay", "key_area"), "--overlay"),
        (("--as-plan", "--crs", "EPSG:99999"), "99999"),
        (("--as-plan", "--code", "nothing"), "no column 'nothing'"),
        (("--title", "x"), "--as-plan"),
    ],
)
def test_options_that_do_not_fit_are_named(
    load_more, exported, units, tmp_path, untouched, options, said
):
    redraw = write(exported("--unit", community(units)), tmp_path / "redraw.gpkg")
    assert load_more(redraw, *options) == 2
    assert said in load_more.err
    assert untouched()


@pytest.mark.parametrize("step", ["drawing the plan", "measuring"])
def test_killed_while_planning_leaves_nothing(
    load_more, exported, units, tmp_path, untouched, step
):
    """SIGKILL at the beginning of a step: before the edit is added, and after."""
    frame, *_ = with_border_moved(exported("--unit", community(units)))
    redraw = write(frame, tmp_path / "redraw.gpkg")
    script = f"""
import os, signal
from gridgeo.cli import main, progress
tell = progress.Steps.__call__
def told(self, text, fraction=None):
    tell(self, text, fraction)
    if text.startswith({step!r}):
        os.kill(os.getpid(), signal.SIGKILL)
progress.Steps.__call__ = told
main(["load", {str(redraw)!r}, "--as-plan"])
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert untouched()
    assert load_more(redraw, "--as-plan") == 0


def test_without_a_map_there_is_nothing_to_redraw(load, leaves, tmp_path):
    assert load(write(leaves, tmp_path / "leaves.gpkg"), "--as-plan") == 1
    assert "No map has been published yet" in load.err
