"""`gridgeo locate`: a file of points in, the same rows with their units out."""

import csv
import json
from pathlib import Path

import geopandas
import numpy as np
import pandas
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from gridgeo.cli import locate_read, main
from gridgeo.cli.local import Local
from gridgeo.geometry.crs import from_wgs84
from gridgeo.locate.frame import open_city

GEO = (".geojson", ".gpkg", ".fgb", ".parquet")


@pytest.fixture
def here(shared_city_db, tmp_path, monkeypatch) -> Path:
    """A folder whose `gridgeo` works on the tiny city."""
    var_dir = tmp_path / "var"
    Local(None, shared_city_db, {}).write(var_dir / "local.json")
    monkeypatch.setenv("GRIDGEO_VAR_DIR", str(var_dir))
    return tmp_path


@pytest.fixture
def points() -> list[tuple[float, float]]:
    chance = np.random.default_rng(3)
    return chance.uniform((113.598, 34.698), (113.617, 34.714), (500, 2)).tolist()


@pytest.fixture
def owners(shared_city_db, points) -> list[str | None]:
    city = open_city(shared_city_db.reader)
    found = city.index.locate(*np.array(points).T).tolist()
    return [None if unit_id < 0 else city.units[unit_id].code for unit_id in found]


def run(*arguments: object) -> int:
    try:
        main(["locate", *map(str, arguments)])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def write_csv(path: Path, rows, header=("id", "lon", "lat"), encoding="utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def frame_of(points, crs=4326) -> geopandas.GeoDataFrame:
    x, y = np.array(points).T
    if crs != 4326:
        x, y = from_wgs84(x, y, f"EPSG:{crs}")
    ids = [f"r{n}" for n in range(len(points))]
    return geopandas.GeoDataFrame({"id": ids}, geometry=geopandas.points_from_xy(x, y), crs=crs)


def write_geo(frame: geopandas.GeoDataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        options = {".geojson": {"COORDINATE_PRECISION": 17}, ".fgb": {"SPATIAL_INDEX": "NO"}}
        frame.to_file(path, engine="pyogrio", **options.get(path.suffix, {}))
    return path


def read_any(path: Path) -> pandas.DataFrame:
    if path.suffix == ".csv":
        return pandas.read_csv(path, dtype=str)
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pandas()
    return geopandas.read_file(path)


def codes(table: pandas.DataFrame, column: str = "code") -> list[str | None]:
    return [None if pandas.isna(value) else str(value) for value in table[column]]


@pytest.mark.parametrize("out", [".csv", *GEO])
def test_a_csv_file_is_answered_in_every_form_in_its_order(here, points, owners, out):
    given = write_csv(here / "in.csv", [(f"r{n}", *point) for n, point in enumerate(points)])
    assert run(given, "-o", here / f"out{out}") == 0
    found = read_any(here / f"out{out}")
    assert list(found["id"]) == [f"r{n}" for n in range(len(points))]
    assert codes(found) == owners
    assert codes(found, "error") == [None] * len(points)
    assert codes(found, "reason") == [None if code else "outside_city" for code in owners]
    if out in (".geojson", ".gpkg", ".fgb"):
        assert shapely.get_coordinates(found.geometry).tolist() == points


@pytest.mark.parametrize("given", GEO)
@pytest.mark.parametrize("out", [".csv", ".gpkg", ".parquet"])
@pytest.mark.parametrize("crs", [4326, 4490, 4547])
def test_a_file_of_geometry_is_answered_by_its_own_crs(here, points, owners, given, out, crs):
    frame = frame_of(points, crs)
    if given == ".geojson" and crs != 4326:
        frame = frame_of(points)
    file = write_geo(frame, here / f"in{given}")
    assert run(file, "-o", here / f"out{out}") == 0
    found = read_any(here / f"out{out}")
    assert list(found["id"]) == list(frame["id"])
    assert codes(found) == owners
    if out == ".csv":
        degrees = found[["lon", "lat"]].astype(float).to_numpy()
        assert np.allclose(degrees, points, rtol=0, atol=1e-9)
    if out == ".parquet":
        again = geopandas.read_parquet(here / "out.parquet")
        assert again.crs == frame.crs
        assert (again.geometry.to_numpy() == frame.geometry.to_numpy()).all()


@pytest.mark.parametrize("crs", ["EPSG:4547", "gcj02", "BD-09"])
def test_columns_of_any_name_in_any_system_are_read(here, points, owners, crs):
    moved = np.column_stack(from_wgs84(*np.array(points).T, crs)).tolist()
    rows = [(n, *point) for n, point in enumerate(moved)]
    given = write_csv(here / "in.csv", rows, ("id", "东", "北"))
    assert run(given, "-o", here / "out.csv", "--x", "东", "--y", "北", "--crs", crs) == 0
    assert codes(read_any(here / "out.csv")) == owners


def test_a_parquet_file_of_two_columns_keeps_its_types(here, points, owners):
    lon, lat = map(list, zip(*points, strict=True))
    table = pa.table({"n": pa.array(range(len(points)), pa.int16()), "lng": lon, "lat": lat})
    pq.write_table(table, here / "in.parquet")
    assert run(here / "in.parquet", "-o", here / "out.parquet") == 0
    found = pq.read_table(here / "out.parquet")
    assert found.schema.field("n").type == pa.int16()
    assert found.column("code").to_pylist() == owners
    assert found.select(["n", "lng", "lat"]).equals(table)


def test_bad_rows_are_kept_with_their_error(here):
    good = ("113.605", "34.705")
    rows = [
        ("good", *good), ("word", "abc", "34.7"), ("empty", "", ""), ("nan", "nan", "34.7"),
        ("swapped", *good[::-1]), ("off", "181", "34.7"), ("short", "113.605"),
        ("long", *good, "more", "still"), ("far", "10", "10"), ("underscore", "1_13.6", "34.7"),
        ("infinite", "1e999", "34.7"), ("spaced", " 113.605 ", "34.705"),
    ]  # fmt: skip
    assert run(write_csv(here / "in.csv", rows), "-o", here / "out.csv") == 0
    found = {row["id"]: row for row in read_csv(here / "out.csv")}
    assert list(found) == [row[0] for row in rows]
    told = {name: row["error"].partition(":")[0] for name, row in found.items() if row["error"]}
    assert told == {
        "word": "invalid_input", "empty": "invalid_input", "nan": "invalid_input",
        "swapped": "swapped_axes", "off": "invalid_input", "short": "invalid_input",
        "long": "invalid_input", "underscore": "invalid_input", "infinite": "invalid_input",
    }  # fmt: skip
    assert "'abc'" in found["word"]["error"]
    assert "more,still" in found["long"]["error"]
    assert found["far"]["reason"] == "outside_city"
    assert found["good"]["code"] == found["spaced"]["code"] != ""
    assert [found[name]["code"] for name in told] == [""] * len(told)


@pytest.mark.parametrize("out", [".csv", *GEO])
def test_features_that_are_no_points_are_kept_with_their_error(here, out):
    shapes = [
        shapely.Point(113.605, 34.705), None, shapely.Point(),
        shapely.box(113.6, 34.7, 113.61, 34.71),
    ]  # fmt: skip
    frame = geopandas.GeoDataFrame({"id": ["p", "none", "empty", "box"]}, geometry=shapes, crs=4326)
    frame.to_parquet(here / "in.parquet")
    assert run(here / "in.parquet", "-o", here / f"out{out}") == 0
    found = read_any(here / f"out{out}")
    assert list(found["id"]) == ["p", "none", "empty", "box"]
    errors = codes(found, "error")
    assert errors[0] is None
    assert all(error and error.startswith("invalid_input: ") for error in errors[1:])
    assert "POLYGON" in errors[3]


def test_chain_fields_and_exclusive_grids_are_columns_when_asked(here, points, shared_city_db):
    given = write_csv(here / "in.csv", [(n, *point) for n, point in enumerate(points)])
    options = ("--fields", "name,code", "--chain", "--exclusive", "--prefix", "g_")
    assert run(given, "-o", here / "out.csv", *options) == 0
    rows = read_csv(here / "out.csv")
    city = open_city(shared_city_db.reader)
    below = [f"g_{unit.level}_{what}" for unit in city.chain(next(iter(city.leaves)))[1:]
             for what in ("code", "name")]  # fmt: skip
    assert list(rows[0])[:5] == ["id", "lon", "lat", "g_name", "g_code"]
    assert list(rows[0])[-2:] == ["g_exclusive", "g_error"]
    assert set(below) == set(list(rows[0])[5:-2])
    for row, point in list(zip(rows, points, strict=True))[::11]:
        placement = city.place(*point)
        for unit in placement.chain[1:]:
            assert row[f"g_{unit.level}_code"] == unit.code
            assert row[f"g_{unit.level}_name"] == unit.name
        assert row["g_exclusive"] == ";".join(grid.code for grid in placement.exclusive)
    assert any(row["g_exclusive"] for row in rows)


def test_a_name_that_is_taken_asks_for_a_prefix(here, capsys):
    given = write_csv(here / "in.csv", [("a", 113.605, 34.705)], ("code", "lon", "lat"))
    assert run(given, "-o", here / "out.csv") == 1
    assert "--prefix" in capsys.readouterr().err
    assert run(given, "-o", here / "out.csv", "--prefix", "grid_") == 0
    assert list(read_csv(here / "out.csv")[0])[:4] == ["code", "lon", "lat", "grid_code"]


def test_files_longer_than_a_chunk_are_answered_in_order(here, points, owners, monkeypatch):
    monkeypatch.setattr(locate_read, "CHUNK", 37)
    given = write_csv(here / "in.csv", [(f"r{n}", *point) for n, point in enumerate(points)])
    for middle, end in (("a.gpkg", "b.parquet"), ("a.parquet", "b.geojson"), ("a.fgb", "b.csv")):
        assert run(given, "-o", here / middle) == 0
        assert run(here / middle, "-o", here / end, "--prefix", "again_", "--overwrite") == 0
        found = read_any(here / end)
        assert [str(value) for value in found["id"]] == [f"r{n}" for n in range(len(points))]
        assert codes(found, "again_code") == owners


def test_the_summary_says_version_counts_and_rate(here, capsys):
    rows = [("in", 113.605, 34.705), ("out", 10, 10), ("bad", "x", "y")]
    assert run(write_csv(here / "in.csv", rows), "-o", here / "out.csv") == 0
    said = capsys.readouterr().out
    assert "3 points by map version 1: 1 placed, 1 outside, 1 errors" in said
    assert "points/s" in said


def test_a_past_version_is_asked_by_at(here, capsys):
    given = write_csv(here / "in.csv", [("in", 113.605, 34.705)])
    assert run(given, "-o", here / "out.csv", "--at", "1") == 0
    assert run(given, "-o", here / "none.csv", "--at", "99") == 1
    assert "not_found" in capsys.readouterr().err
    assert not (here / "none.csv").exists()


@pytest.mark.parametrize("out", [".csv", *GEO])
def test_an_empty_file_has_an_empty_answer(here, out):
    assert run(write_csv(here / "in.csv", []), "-o", here / f"out{out}") == 0
    assert len(read_any(here / f"out{out}")) == 0


def test_text_of_another_encoding_is_read_when_it_is_named(here, capsys):
    given = write_csv(here / "in.csv", [("建中街", 113.605, 34.705)], encoding="gb18030")
    assert run(given, "-o", here / "out.csv") == 1
    assert "--encoding gb18030" in capsys.readouterr().err
    assert run(given, "-o", here / "out.csv", "--encoding", "gb18030") == 0
    assert read_csv(here / "out.csv")[0]["id"] == "建中街"


@pytest.mark.parametrize("out", [".csv", ".parquet", ".geojson", ".gpkg"])
def test_a_file_that_breaks_half_way_leaves_nothing(here, monkeypatch, out, capsys):
    monkeypatch.setattr(locate_read, "CHUNK", 10)
    given = write_csv(here / "in.csv", [(n, 113.605, 34.705) for n in range(100)])
    with given.open("ab") as stream:
        stream.write(b"\xff\xfe,113,34\n" * 2000)
    before = sorted(here.iterdir())
    assert run(given, "-o", here / f"out{out}") == 1
    assert "encoding" in capsys.readouterr().err
    assert sorted(here.iterdir()) == before


def test_what_cannot_be_read_or_written_is_said_before_any_work(here, capsys):
    given = write_csv(here / "in.csv", [("a", 113.605, 34.705)])
    (here / "here.csv").write_text("mine")
    plain = write_csv(here / "xy.csv", [("a", 1, 2)], ("id", "x", "y"))
    none = write_csv(here / "none.csv", [("a", 1)], ("id", "z"))
    (here / "broken.parquet").write_bytes(b"PAR1 no")
    (here / "broken.gpkg").write_bytes(b"no")
    (here / "odd.txt").write_text("1")
    for arguments, said in (
        ((given, "-o", here / "here.csv"), "--overwrite"),
        ((given, "-o", here / "out.xls"), "unknown_value"),
        ((given, "-o", here / "no" / "out.csv"), "no folder"),
        ((here / "gone.csv", "-o", here / "out.csv"), "no file"),
        ((here / "odd.txt", "-o", here / "out.csv"), "'.txt'"),
        ((plain, "-o", here / "out.csv"), "--crs"),
        ((none, "-o", here / "out.csv"), "--x and --y"),
        ((given, "-o", here / "out.csv", "--x", "lon"), "both columns"),
        ((given, "-o", here / "out.csv", "--crs", "EPSG:99999"), "EPSG:99999"),
        ((given, "-o", here / "out.csv", "--fields", "colour"), "colour"),
        ((given, "-o", here / "out.csv", "--encoding", "klingon"), "klingon"),
        ((here / "broken.parquet", "-o", here / "out.csv"), "cannot be read"),
        ((here / "broken.gpkg", "-o", here / "out.csv"), "cannot be read"),
    ):
        assert run(*arguments) == 1, arguments
        assert said in capsys.readouterr().err.replace("\n", " ")
    assert (here / "here.csv").read_text() == "mine"
    assert not (here / "out.csv").exists()


def test_a_geojson_answer_is_geojson_that_names_its_points(here):
    given = write_csv(here / "in.csv", [("a", 113.605, 34.705)])
    assert run(given, "-o", here / "out.geojson") == 0
    document = json.loads((here / "out.geojson").read_text(encoding="utf-8"))
    (feature,) = document["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [113.605, 34.705]}
    assert feature["properties"]["id"] == "a"


def test_without_a_map_nothing_can_be_placed(db, tmp_path, monkeypatch, capsys):
    Local(None, db, {}).write(tmp_path / "var" / "local.json")
    monkeypatch.setenv("GRIDGEO_VAR_DIR", str(tmp_path / "var"))
    given = write_csv(tmp_path / "in.csv", [("a", 113.605, 34.705)])
    assert run(given, "-o", tmp_path / "out.csv") == 1
    assert "unavailable" in capsys.readouterr().err
    with psycopg.connect(db.reader) as conn:
        assert conn.execute("SELECT count(*) FROM map_version").fetchone() == (0,)
