"""Export: what is written is read back, by other people's programs, to the same lattice numbers."""

import json
import sqlite3
from dataclasses import replace
from zipfile import ZipFile

import geopandas
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from maps import PICTURES, draw

from gridgeo.errors import BadInput, Conflict, UnknownKeyword
from gridgeo.files import write
from gridgeo.files.target import DRIVERS, Target
from gridgeo.files.unit_table import Row, write_units
from gridgeo.geometry.crs import from_wgs84, to_wgs84
from gridgeo.geometry.lattice import to_degrees, to_lattice
from gridgeo.units.model import Unit

FORMATS = tuple(DRIVERS)
NAMES = {"a": "二七塔商圈", "b": "大学路街道", "c": "Ünit “c”, 100 %"}


def drawn_rows(picture="town"):
    drawn = draw(PICTURES[picture], wobble=5)
    return [
        Row(Unit(code, "grid", NAMES.get(code, "网格" * 20), "p", shape, True, 7, None, True),
            1234.5678, "410103")
        for code, shape in drawn.units.items()
    ]  # fmt: skip


def opened(file):
    """A file as geopandas reads it, in code order."""
    read = geopandas.read_parquet if file.suffix == ".parquet" else geopandas.read_file
    return read(file).sort_values("code").reset_index(drop=True)


def plain(shape):
    """A shape without what formats may choose: start of rings, order of parts, one or multi."""
    parts = shapely.get_parts(shape)
    return shapely.normalize(shapely.multipolygons(parts))


def back_in_degrees(shape, crs):
    return shapely.transform(shape, lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], crs)))


def snapped(shape):
    return shapely.transform(shape, lambda xy: to_degrees(to_lattice(xy)))


# --- coordinates -------------------------------------------------------------------------------


@pytest.mark.parametrize("picture", ["town", "ring"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490"])
@pytest.mark.parametrize("suffix", FORMATS)
def test_degrees_come_back_bit_for_bit(tmp_path, suffix, crs, picture):
    rows, file = drawn_rows(picture), tmp_path / f"out{suffix}"
    assert write_units(Target(file, crs), rows) == len(rows)
    found = opened(file)
    assert found.crs == crs
    for row, shape in zip(rows, found.geometry, strict=True):
        assert shapely.equals_identical(plain(shape), plain(row.unit.shape))


@pytest.mark.parametrize("crs", ["EPSG:4547", "gcj02", "bd09"])
@pytest.mark.parametrize("suffix", FORMATS)
def test_other_systems_come_back_to_the_same_lattice_numbers(tmp_path, suffix, crs):
    rows, file = drawn_rows(), tmp_path / f"out{suffix}"
    write_units(Target(file, crs), rows)
    for row, shape in zip(rows, opened(file).geometry, strict=True):
        assert shapely.equals_identical(
            plain(snapped(back_in_degrees(shape, crs))), plain(row.unit.shape)
        )


def test_shapes_are_moved_to_the_system_asked_for(tmp_path):
    [row, *_] = drawn_rows()
    file = tmp_path / "out.gpkg"
    write_units(Target(file, "EPSG:4547"), [row])
    lon, lat = shapely.get_coordinates(row.unit.shape).T
    east, north = from_wgs84(lon, lat, "EPSG:4547")
    assert opened(file).total_bounds == pytest.approx(
        [east.min(), north.min(), east.max(), north.max()], abs=1e-6
    )


def test_geojson_of_degrees_holds_seven_decimals(tmp_path):
    file = tmp_path / "out.geojson"
    write_units(Target(file), drawn_rows())
    document = json.loads(file.read_text("utf-8"), parse_float=str)
    rings = document["features"][0]["geometry"]["coordinates"][0]
    assert max(len(x.partition(".")[2]) for ring in rings for point in ring for x in point) == 7


def test_precision_is_as_asked(tmp_path):
    file = tmp_path / "out.geojson"
    write_units(Target(file, precision=3), drawn_rows())
    xy = shapely.get_coordinates(opened(file).geometry)
    assert (np.round(xy, 3) == xy).all()


# --- columns -----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
def test_attributes_and_chinese_names_survive(tmp_path, suffix):
    rows, file = drawn_rows(), tmp_path / f"郑州{suffix}"
    write_units(Target(file, stamp={"map_version": 4, "plan": 9}), rows)
    found = opened(file)
    short = 10 if suffix.startswith(".shp") else 99
    for row, (_, got) in zip(rows, found.iterrows(), strict=True):
        assert (got["code"], got["name"], got["level"]) == (row.unit.code, row.unit.name, "grid")
        assert got["parent_code"[:short]] == "p" and got["district_code"[:short]] == "410103"
        assert got["legal_parent_code"[:short]] is None or np.isnan(
            got["legal_parent_code"[:short]]
        )
        assert got["area_m2"] == pytest.approx(1234.5678) and got["households"] == 7
        assert got["map_version"[:short]] == 4 and got["plan"] == 9
        assert bool(got["leaf"]) and bool(got["synthetic"])


def test_a_shapefile_has_short_names_and_says_utf8(tmp_path):
    write_units(Target(tmp_path / "out.shp", stamp={"map_version": 1}), drawn_rows())
    assert (tmp_path / "out.cpg").read_text() == "UTF-8"
    names = pyogrio.read_info(tmp_path / "out.shp")["fields"]
    assert max(map(len, names)) <= 10 and len(set(names)) == len(names)


def test_many_units_go_in_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "BATCH", 2)
    for suffix in FORMATS:
        assert write_units(Target(tmp_path / f"out{suffix}"), iter(drawn_rows())) == 9
        assert list(opened(tmp_path / f"out{suffix}")["code"]) == list("abcdefghi")


@pytest.mark.parametrize("suffix", FORMATS)
def test_no_units_make_a_file_without_features(tmp_path, suffix):
    assert write_units(Target(tmp_path / f"out{suffix}"), []) == 0
    assert (tmp_path / f"out{suffix}").exists()


# --- a datum without a number ------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_shifted_file_claims_no_crs_and_says_its_datum_in_a_column(tmp_path, suffix):
    file = tmp_path / f"out{suffix}"
    write_units(Target(file, "gcj02"), drawn_rows())
    found = opened(file)
    assert set(found["datum"]) == {"GCJ-02"}
    if suffix == ".geojson":  # GDAL takes any GeoJSON without a CRS for WGS84
        assert "crs" not in json.loads(file.read_text("utf-8"))
    else:
        assert found.crs is None or "Undefined geographic SRS" in found.crs.to_wkt()


def test_metadata_say_the_datum(tmp_path):
    for suffix in (".gpkg", ".fgb", ".geojson"):
        write_units(Target(tmp_path / f"out{suffix}", "bd09"), drawn_rows())
        told = pyogrio.read_info(tmp_path / f"out{suffix}")["layer_metadata"]["DESCRIPTION"]
        assert json.loads(told)["crs"] == "BD-09"
    write_units(Target(tmp_path / "out.parquet", "bd09"), drawn_rows())
    metadata = pq.read_schema(tmp_path / "out.parquet").metadata
    assert json.loads(metadata[b"gridgeo"])["crs"] == "BD-09"
    assert json.loads(metadata[b"geo"])["columns"]["geometry"]["crs"] is None


def test_a_geopackage_keeps_the_undefined_system_of_its_standard(tmp_path):
    write_units(Target(tmp_path / "out.gpkg", "gcj02"), drawn_rows())
    with sqlite3.connect(tmp_path / "out.gpkg") as conn:
        found = conn.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchall()
    conn.close()
    assert found == [(0,)]


# --- whole or not at all -----------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_existing_file_is_refused_unless_told(tmp_path, suffix):
    target = Target(tmp_path / f"out{suffix}")
    write_units(target, drawn_rows())
    with pytest.raises(Conflict, match="--overwrite"):
        write_units(target, drawn_rows()[:1])
    assert len(opened(target.file)) == 9
    write_units(replace(target, overwrite=True), drawn_rows()[:1])
    assert len(opened(target.file)) == 1


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_export_that_fails_half_way_leaves_nothing(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(write, "BATCH", 2)

    def breaking():
        yield from drawn_rows()[:5]
        raise ConnectionError("the database went away")

    with pytest.raises(ConnectionError, match="the database went away"):
        write_units(Target(tmp_path / f"out{suffix}"), breaking())
    assert list(tmp_path.iterdir()) == []


def test_replacing_a_shapefile_leaves_no_projection_of_the_old_one(tmp_path):
    file = tmp_path / "out.shp"
    write_units(Target(file), drawn_rows())
    assert file.with_suffix(".prj").exists()
    write_units(Target(file, "gcj02", overwrite=True), drawn_rows())
    assert not file.with_suffix(".prj").exists()


def test_a_zipped_shapefile_holds_all_its_pieces(tmp_path):
    write_units(Target(tmp_path / "out.shp.zip"), drawn_rows())
    with ZipFile(tmp_path / "out.shp.zip") as archive:
        ends = {name.rpartition(".")[2] for name in archive.namelist()}
    assert {"shp", "shx", "dbf", "prj", "cpg"} <= ends


# --- what is refused ---------------------------------------------------------------------------


def test_an_unknown_format_is_refused_naming_the_known(tmp_path):
    with pytest.raises(UnknownKeyword, match=r"\.gpkg, \.shp"):
        Target(tmp_path / "out.dwg").check()


def test_an_unknown_system_is_refused(tmp_path):
    with pytest.raises(UnknownKeyword, match="mars"):
        Target(tmp_path / "out.gpkg", "mars").check()


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no folder"):
        Target(tmp_path / "nowhere" / "out.gpkg").check()


def test_decimals_are_for_geojson(tmp_path):
    with pytest.raises(BadInput, match="precision"):
        Target(tmp_path / "out.gpkg", precision=5).check()
