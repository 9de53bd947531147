"""Every bad file: a clear message with feature and place, non-zero exit, unchanged database."""

import json
import signal
import subprocess
import sys

import geopandas
import pytest
import shapely
from databases import cloned
from loader import loader_on, write

PROBLEMS, UNUSABLE = 1, 2


@pytest.fixture(scope="module")
def refusing_db(cluster, template_db):
    """One empty database for all that is refused: it stays empty."""
    with cloned(cluster, template_db) as dsns:
        yield dsns


@pytest.fixture
def refuse(refusing_db, tmp_path, monkeypatch, capsys):
    return loader_on(refusing_db, tmp_path, monkeypatch, capsys)


@pytest.fixture
def spoilt(leaves, tmp_path):
    """Write the leaves with changed shapes or values."""

    def spoil(suffix=".gpkg", change=None, **columns):
        shapes = leaves.geometry.to_numpy().copy()
        if change is not None:
            change(shapes)
        frame = leaves.assign(**columns).set_geometry(shapes, crs=4326)
        return write(frame, tmp_path / f"grids{suffix}")

    return spoil


def test_gap_is_refused_with_its_place_and_size(refuse, spoilt, leaves):
    hole = leaves.geometry[12].representative_point().buffer(0.00003)
    assert refuse(spoilt(change=cut(12, hole)), "--report", "json") == PROBLEMS
    (problem,) = json.loads(refuse.out)["details"]
    assert problem["kind"] == "gap"
    assert problem["codes"] == [leaves["code"][12]]
    assert problem["features"] == ["grids.gpkg, feature 13"]
    assert hole.covers(shapely.Point(problem["lon"], problem["lat"]))
    assert problem["area_m2"] == pytest.approx(28.5, rel=0.1)
    assert refuse.is_empty


def test_what_to_do_next_stands_under_the_problems(refuse, spoilt, leaves):
    hole = leaves.geometry[12].representative_point().buffer(0.00003)
    file = spoilt(change=cut(12, hole))
    for options, step in [([], "or --repair closes"), (["--repair"], "give --repair wider limits")]:
        assert refuse(file, *options) == PROBLEMS
        assert step in refuse.out
        assert "next: --report geojson -o problems.geojson" in refuse.out
    assert refuse(spoilt(code=["1"] * len(leaves))) == PROBLEMS
    assert "--repair" not in refuse.out


def cut(row, hole):
    def change(shapes):
        shapes[row] = shapes[row].difference(hole)

    return change


def test_overlap_is_refused_naming_both_units_and_features(refuse, spoilt, leaves):
    def change(shapes):
        near = shapely.intersects(shapes, shapes[7])
        row = next(i for i in near.nonzero()[0] if shapes[i].intersection(shapes[7]).length > 0)
        if row != 7:
            shapes[7] = shapes[7].union(shapes[row].representative_point().buffer(0.0003))

    assert refuse(spoilt(change=change), "--report", "geojson") == PROBLEMS
    features = json.loads(refuse.out)["features"]
    overlaps = [f for f in features if f["properties"]["kind"] == "overlap"]
    assert overlaps
    assert all(f["geometry"]["type"] == "Point" for f in overlaps)
    assert all(leaves["code"][7] in f["properties"]["codes"] for f in overlaps)
    assert "grids.gpkg, feature 8" in overlaps[0]["properties"]["features"]
    assert refuse.is_empty


def test_bow_tie_is_refused_where_it_crosses_itself(refuse, spoilt, leaves):
    def change(shapes):
        xy = shapely.get_coordinates(shapes[3]).tolist()
        half = len(xy) // 2
        xy[1], xy[half] = xy[half], xy[1]
        shapes[3] = shapely.Polygon(xy)

    assert refuse(spoilt(change=change)) == PROBLEMS
    assert "invalid: Self-intersection" in refuse.out
    assert f"{leaves['code'][3]} | at 113." in refuse.out
    assert "grids.gpkg, feature 4" in refuse.out
    assert refuse.is_empty


@pytest.mark.parametrize(
    ("drawn", "said", "why"),
    [
        (4547, "EPSG:4326", "cannot be degrees"),
        (4547, "EPSG:4546", "outside the zone"),
        (3857, "EPSG:4547", "in EPSG:4547"),
        (4326, "EPSG:32650", "in EPSG:32650"),
        (4326, "EPSG:99999", "Nobody knows"),
        (4326, "nonsense", "Nobody knows"),
    ],
)
def test_wrong_system_is_refused_with_feature_and_value(refuse, leaves, tmp_path, drawn, said, why):
    file = write(leaves.to_crs(drawn), tmp_path / "grids.gpkg")
    assert refuse(file, "--crs", said) == UNUSABLE
    assert why in refuse.err
    assert "--crs" in refuse.err or "EPSG code" in refuse.err
    if "Nobody" not in why:
        assert f"grids.gpkg, feature 1 (code {leaves['code'][0]}): x = " in refuse.err
    assert refuse.is_empty


@pytest.mark.parametrize("crs", [4326, 4547])
def test_swapped_axes_are_refused_by_name(refuse, leaves, tmp_path, crs):
    frame = leaves.to_crs(crs)
    swapped = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    file = write(frame.set_geometry(swapped, crs=crs), tmp_path / "grids.gpkg")
    assert refuse(file) == UNUSABLE
    assert "swapped_axes" in refuse.err
    assert f"feature 1 (code {leaves['code'][0]}): x = " in refuse.err
    assert "Swap X and Y" in refuse.err
    assert refuse.is_empty


def test_geopackage_whose_system_is_undefined_is_refused(refuse, leaves, tmp_path):
    file = write(leaves.set_crs(None, allow_override=True), tmp_path / "grids.gpkg")
    assert refuse(file) == UNUSABLE
    assert "does not say its coordinate system; say it with --crs" in refuse.err
    assert refuse.is_empty


@pytest.mark.parametrize("part", [".dbf", ".shx"])
def test_shapefile_that_came_alone_is_refused_naming_what_is_missing(refuse, spoilt, part):
    file = spoilt(".shp")
    file.with_suffix(part).unlink()
    assert refuse(file) == UNUSABLE
    assert f"grids.shp came without grids{part}; a Shapefile is at least" in refuse.err
    assert refuse.is_empty


def test_file_without_a_system_is_refused_with_what_to_do(load, leaves, tmp_path):
    file = write(leaves, tmp_path / "grids.shp")
    file.with_suffix(".prj").unlink()
    assert load(file) == UNUSABLE
    assert "--crs EPSG:4490" in load.err
    assert load(file, "--crs", "EPSG:4490") == 0


@pytest.mark.parametrize("option", [[], ["--households", "people"]])
def test_missing_column_is_refused_with_those_that_are_there(refuse, leaves, tmp_path, option):
    frame = leaves if option else leaves.rename(columns={"code": "number"})
    assert refuse(write(frame, tmp_path / "grids.fgb"), *option) == UNUSABLE
    assert f"no column '{'people' if option else 'code'}'" in refuse.err
    assert "name, parent_code" in refuse.err
    assert refuse.is_empty


def test_code_used_twice_is_refused_naming_both_features(refuse, spoilt, leaves):
    codes = list(leaves["code"])
    codes[9] = codes[4]
    assert refuse(spoilt(code=codes)) == PROBLEMS
    assert f"grids.gpkg, feature 10: code '{codes[4]}' is also that of grids.gpkg, feature 5" in (
        refuse.out
    )
    assert refuse.is_empty


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("code", None, "it has no code"),
        ("code", "4" * 25, "more than 24 characters"),
        ("code", "12", "does not fit"),
        ("level", "parish", "its level 'parish' is none of"),
        ("parent_code", "x", "its parent 'x' is not there"),
        ("households", "many", "its households are 'many'"),
    ],
)
def test_bad_value_is_refused_with_its_feature(refuse, spoilt, leaves, column, value, why):
    values = list(leaves[column].astype(object))
    values[6] = value
    values = [None if v is None else str(v) for v in values]
    assert refuse(spoilt(".geojson", **{column: values})) == PROBLEMS
    assert why in refuse.out
    assert "grids.geojson, feature 7" in refuse.out
    assert refuse.is_empty


def test_code_that_lost_digits_is_refused(refuse, spoilt, leaves):
    assert refuse(spoilt(code=leaves["code"].astype(float))) == PROBLEMS
    assert "has lost digits" in refuse.out
    assert refuse.is_empty


@pytest.mark.parametrize("shape", [shapely.LineString([(113.6, 34.7), (113.7, 34.7)]), None])
def test_feature_without_ground_is_refused(refuse, leaves, tmp_path, shape):
    shapes = leaves.geometry.to_numpy()
    shapes[2] = shape
    frame = leaves.set_geometry(geopandas.GeoSeries(list(shapes), crs=4326))
    assert refuse(write(frame, tmp_path / "grids.geojson"), "--report", "geojson") == PROBLEMS
    assert "grids.geojson, feature 3: it " in refuse.out
    assert refuse.is_empty


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".fgb", ".parquet"])
def test_no_feature_at_all_is_refused(refuse, leaves, tmp_path, suffix):
    assert refuse(write(leaves.head(0), tmp_path / f"none{suffix}")) == UNUSABLE
    assert "holds no feature" in refuse.err
    assert refuse.is_empty


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".fgb", ".parquet"])
def test_file_that_is_cut_off_is_refused(refuse, spoilt, suffix, share):
    file = spoilt(suffix)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    assert refuse(file) in (PROBLEMS, UNUSABLE)
    assert "cut off" in refuse.err + refuse.out
    assert refuse.is_empty


@pytest.mark.parametrize("part", [".dbf", ".shx"])
def test_shapefile_with_a_part_cut_off_is_refused(refuse, spoilt, part):
    file = spoilt(".shp").with_suffix(part)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert refuse(file.with_suffix(".shp")) in (PROBLEMS, UNUSABLE)
    assert refuse.is_empty


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".fgb", ".parquet", ".zip"])
def test_file_that_is_no_map_is_refused(refuse, tmp_path, suffix):
    file = tmp_path / f"letter{suffix}"
    file.write_text("Dear Sir or Madam")
    assert refuse(file) == UNUSABLE
    assert f"letter{suffix} cannot be read" in refuse.err
    assert refuse.is_empty


def test_wrong_use_is_told_before_anything_is_done(refuse, spoilt, tmp_path):
    file = spoilt()
    for arguments, why in [
        ([], "Nothing to load"),
        ([tmp_path / "none.gpkg"], "There is no file"),
        ([tmp_path], "There is no file"),
        ([__file__], "what can be loaded is GeoJSON"),
        ([file, "--layer", "x"], "has no layer 'x'; its layers are: grids"),
        ([file, "--level", "parish"], "Unknown level 'parish'"),
        ([file, file, "--level", "grid", "--level", "grid", "--level", "grid"], "3 times for 2"),
        ([file, "--map", tmp_path / "none.toml"], "none.toml"),
        ([file, "--profile", __file__], "cannot be read as TOML"),
        ([file, "--repair", "max_gap=1"], "--repair takes"),
        ([file, "--repair", "max_gap_m=-1"], "--repair takes"),
        ([file, "--column", "colour=red"], "--column takes MEANING=COLUMN, not 'colour=red'"),
        ([file, "--column", "code"], "the meanings are code, name"),
    ]:
        assert refuse(*arguments) == UNUSABLE, arguments
        assert why in refuse.err, arguments
    assert refuse(file, "--overlay", "key_area") == 1
    assert "no map yet" in refuse.err
    assert refuse.is_empty


def test_encoding_that_does_not_fit_is_refused(refuse, leaves, tmp_path):
    file = write(leaves, tmp_path / "grids.shp", encoding="GBK")
    file.with_suffix(".cpg").unlink()
    for encoding, why in [("utf-8", "its text is not utf-8"), ("nonsense", "Nobody knows")]:
        assert refuse(file, "--encoding", encoding) == UNUSABLE
        assert why in refuse.err
    assert refuse.is_empty


def killed(step, *arguments):
    """Run `gridgeo load` in a process of its own and kill it at the beginning of a step."""
    script = f"""
import os, signal
from gridgeo.cli import main, progress
tell = progress.Steps.__call__
def told(self, text, fraction=None):
    tell(self, text, fraction)
    if text.startswith({step!r}):
        os.kill(os.getpid(), signal.SIGKILL)
progress.Steps.__call__ = told
main(["load", *{[str(argument) for argument in arguments]!r}])
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    return done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("step", ["repairing", "noding", "publishing"])
def test_killed_while_loading_changes_nothing_and_the_next_load_succeeds(load, spoilt, step):
    """tests/test_crash.py kills the database as well."""
    file = spoilt()
    assert killed(step, file, "--repair")
    assert load.is_empty
    assert load(file) == 0


@pytest.mark.parametrize("step", ["publishing the overlays", "writing devices"])
def test_killed_while_adding_to_a_map_changes_nothing(load_more, leaves, tmp_path, step):
    areas = leaves.head(2)[["geometry"]].assign(code=["X0", "X1"], name="商圈")
    at = leaves.geometry[3].representative_point()
    devices = tmp_path / "devices.csv"
    devices.write_text(f"code,kind,family,lon,lat\nD1,camera,video,{at.x},{at.y}\n")
    asked = (write(areas, tmp_path / "areas.gpkg"), "--overlay", "mall", "--devices", devices)
    before = counts(load_more)
    assert killed(step, *asked)
    assert counts(load_more) == before
    assert load_more(*asked) == 0, load_more.err + load_more.out
    assert [now - then for now, then in zip(counts(load_more), before, strict=True)] == [
        1, 2, 2, 2, 1, 1,
    ]  # fmt: skip


def counts(loader):
    tables = ("map_version", "exclusive_grid", "party", "responsibility_rule", "rule_set", "device")
    return [loader.one(f"SELECT count(*) FROM {table}") for table in tables]
