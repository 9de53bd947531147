"""CSV tables: all or nothing, each bad row by its line number."""

import json

import psycopg
import pytest
import shapely
from databases import cloned
from loader import loader_on

from gridgeo.geometry.crs import from_wgs84
from gridgeo.units import store


@pytest.fixture
def csv_file(tmp_path):
    def write(text, name="table.csv", encoding="utf-8"):
        file = tmp_path / name
        file.write_text(text, encoding=encoding)
        return file

    return write


@pytest.fixture
def inside(made):
    """A point of each leaf, with the leaf's code."""
    points = [(leaf.code, leaf.shape.representative_point()) for leaf in made.leaves]
    return [(code, point.x, point.y) for code, point in points]


@pytest.fixture(scope="module")
def one_city(cluster, tiny_template):
    """One copy of the tiny city for all tests of this module; each brings codes of its own."""
    with cloned(cluster, tiny_template.template) as dsns:
        yield dsns


@pytest.fixture
def load_more(one_city, tmp_path, monkeypatch, capsys):
    return loader_on(one_city, tmp_path, monkeypatch, capsys)


def rows(load, query):
    with psycopg.connect(load.dsn) as conn:
        return conn.execute(query).fetchall()


def test_devices_stand_in_their_leaves(load_more, csv_file, inside):
    lines = [f"cam-{code},camera_fixed,video,{lon},{lat}" for code, lon, lat in inside]
    lines.append("cam-far,camera_fixed,video,113.0,34.0")
    file = csv_file("\n".join(["code,kind,family,lon,lat", *lines]))
    assert load_more("--devices", file) == 0, load_more.err + load_more.out
    assert "41 devices" in load_more.out
    assert "1 of 41 devices lie outside the city" in load_more.out
    found = rows(
        load_more,
        "SELECT d.code, u.code, d.synthetic FROM device d LEFT JOIN unit u USING (unit_id) "
        "WHERE d.code LIKE 'cam-%'",
    )
    homes = {f"cam-{code}": code for code, *_ in inside} | {"cam-far": None}
    assert {device: home for device, home, _ in found} == homes
    assert not any(synthetic for *_, synthetic in found)


def test_places_are_found_by_name_and_pinyin(load_more, csv_file, inside):
    _, lon, lat = inside[0]
    file = csv_file(f"name,kind,address,lon,lat\n二七塔,landmark,二七路1号,{lon},{lat}\n")
    assert load_more("--places", file) == 0, load_more.err
    assert rows(
        load_more, "SELECT pinyin, address, ST_X(geom) FROM place WHERE name = '二七塔'"
    ) == [("erqita eqt", "二七路1号", round(lon, 7))]


def test_duty_posts_answer_for_the_unit_they_name_or_stand_in(load_more, csv_file, made, inside):
    (leaf, lon, lat), root = inside[0], made.units[0].code
    file = csv_file(
        f"code,kind,unit_code,lon,lat\nP1,grid_leader,,{lon},{lat}\n"
        f"P2,city_leader,{root},{lon},{lat}\n"
    )
    assert load_more("--duty-posts", file) == 0, load_more.err
    assert rows(
        load_more,
        "SELECT p.code, u.code FROM duty_post p JOIN unit u USING (unit_id) "
        "WHERE p.code IN ('P1', 'P2') ORDER BY 1",
    ) == [("P1", leaf), ("P2", root)]


def test_buildings_bring_footprint_entrance_and_households(load_more, csv_file, inside):
    _, lon, lat = inside[0]
    footprint = shapely.box(lon - 1e-4, lat - 1e-4, lon + 1e-4, lat + 1e-4)
    file = csv_file(f'footprint_wkt,households,lon,lat\n"{footprint.wkt}",24,{lon},{lat}\n')
    before = load_more.one("SELECT count(*) FROM building")
    assert load_more("--buildings", file) == 0, load_more.err + load_more.out
    assert load_more.one("SELECT count(*) FROM building") == before + 1
    assert rows(
        load_more,
        "SELECT households, ST_Covers(geom, entrance) FROM building ORDER BY building_id DESC "
        "LIMIT 1",
    ) == [(24, True)]


def test_contacts_reach_the_parties_that_are_there(load_more, csv_file):
    code = load_more.one("SELECT min(code) FROM party")
    file = csv_file(f"party_code,contact\n{code},值班室 8:00-20:00\n")
    assert load_more("--contacts", file) == 0, load_more.err
    assert load_more.one(f"SELECT contact FROM party WHERE code = '{code}'") == "值班室 8:00-20:00"
    file = csv_file(f"party_code,contact\n{code},other\nnobody,x\n")
    assert load_more("--contacts", file) == 1
    assert "table.csv, line 3: no party carries the code 'nobody'" in load_more.out
    assert load_more.one(f"SELECT contact FROM party WHERE code = '{code}'") != "other"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
@pytest.mark.parametrize("crs", ["EPSG:4547", "gcj02"])
def test_points_come_in_any_system_and_encoding(load_more, csv_file, inside, crs, encoding):
    _, lon, lat = inside[0]
    x, y = (float(v) for v in from_wgs84(lon, lat, crs))
    file = csv_file(f"name,kind,x,y\n碧沙岗{encoding}{crs},park,{x!r},{y!r}\n", encoding=encoding)
    assert load_more("--places", file) == 2
    assert "--crs" in load_more.err
    assert load_more("--places", file, "--crs", crs) == 0, load_more.err + load_more.out
    ((found_lon, found_lat),) = rows(
        load_more, f"SELECT ST_X(geom), ST_Y(geom) FROM place WHERE name = '碧沙岗{encoding}{crs}'"
    )
    assert (found_lon, found_lat) == pytest.approx((lon, lat), abs=2e-7)


def test_lon_lat_beside_a_planar_system_are_degrees(load_more, csv_file, inside):
    _, lon, lat = inside[0]
    file = csv_file(f"name,kind,lon,lat\nhere,park,{lon},{lat}\n")
    assert load_more("--places", file, "--crs", "EPSG:4547", "--dry-run") == 0, load_more.out


BAD_DEVICES = """code,kind,family,lon,lat
good,camera_fixed,video,113.6,34.7
,camera_fixed,video,113.6,34.7
two,camera_fixed,radar,113.6,34.7
three,camera_fixed,video,34.7,113.6
four,camera_fixed,video,here,34.7
five,camera_fixed,video,nan,34.7
six,camera_fixed,video,113.6,34.7,more
good,camera_fixed,video,113.6,34.7
seven,camera_fixed,video,151.2,-33.9
eight,camera_fixed,video
"""


def test_every_bad_row_is_told_by_its_line_and_nothing_is_written(load_more, csv_file):
    before = load_more.one("SELECT count(*) FROM device")
    assert load_more("--devices", csv_file(BAD_DEVICES)) == 1
    for line, why in [
        (3, "its code is empty"),
        (4, "its family 'radar' is none of video, iot, mobile"),
        (5, "axes exchanged"),
        (6, "lon 'here', lat '34.7' are no coordinates"),
        (7, "is not a number"),
        (8, "more cells than the header"),
        (9, "code 'good' stands in line 2 too"),
        (10, "outside the zone"),
        (11, "lon '', lat '' are no coordinates"),
    ]:
        told = [text for text in load_more.out.splitlines() if f"table.csv, line {line}:" in text]
        assert len(told) == 1, (line, load_more.out)
        assert why in told[0]
    assert load_more.one("SELECT count(*) FROM device") == before


def test_many_bad_rows_are_capped_in_text_and_whole_in_json(load_more, csv_file):
    file = csv_file("code,kind,family,lon,lat\n" + ",x,iot,113.6,34.7\n" * 150)
    assert load_more("--devices", file) == 1
    assert load_more.out.count("its code is empty") == 100
    assert "and 50 more" in load_more.out
    assert load_more("--devices", file, "--report", "json") == 1
    details = json.loads(load_more.out)["details"]
    assert len(details) == 150
    assert details[0]["lon"] is None
    assert "line 2:" in details[0]["message"]


def test_code_that_is_taken_is_refused(load_more, csv_file, inside):
    _, lon, lat = inside[0]
    device = load_more.one("SELECT min(code) FROM device")
    post = load_more.one("SELECT min(code) FROM duty_post")
    file = csv_file(f"code,kind,family,lon,lat\n{device},x,iot,{lon},{lat}\n")
    assert load_more("--devices", file) == 1
    assert f"line 2: a device carries the code '{device}' already" in load_more.out
    file = csv_file(
        f"code,kind,unit_code,lon,lat\n{post},x,,{lon},{lat}\nP8,x,none,{lon},{lat}\n"
        "P9,x,,113.0,34.0\n"
    )
    assert load_more("--duty-posts", file) == 1
    assert f"line 2: a duty post carries the code '{post}' already" in load_more.out
    assert "line 3: no unit carries the code 'none'" in load_more.out
    assert "line 4: it lies outside the city" in load_more.out


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("POINT (113.6 34.7),3,113.6,34.7", "its footprint_wkt is no valid polygon"),
        ("rubbish,3,113.6,34.7", "its footprint_wkt is no valid polygon"),
        ('"POLYGON ((0 0, 0 1, 1 0, 0 0))",3,113.6,34.7', "outside the zone"),
        ('"POLYGON ((113 34, 113 35, 114 34, 113 34))",41,113.6,34.7', "no number from 0 to 40"),
        ('"POLYGON ((113 34, 113 35, 114 34, 113 34))",-1,113.6,34.7', "no number from 0 to 40"),
    ],
)
def test_bad_building_is_told_by_its_line(load_more, csv_file, row, why):
    before = load_more.one("SELECT count(*) FROM building")
    file = csv_file(f"footprint_wkt,households,lon,lat\n{row}\n")
    assert load_more("--buildings", file) == 1
    assert "table.csv, line 2" in load_more.out
    assert why in load_more.out
    assert load_more.one("SELECT count(*) FROM building") == before


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "lacks the column 'code'"),
        ("code,kind,family,lon,lat\n", "no row at all"),
        ("code,kind,lon,lat\na,b,113.6,34.7\n", "lacks the column 'family'"),
        ("code,kind,family,lon\na,b,iot,113.6\n", "lacks the column 'lon'"),
        ("code,kind,family,lon,lat\na\0,b,iot,113.6,34.7\n", "is no text"),
    ],
)
def test_table_that_cannot_be_used_is_one_sentence(load_more, csv_file, content, why):
    assert load_more("--devices", csv_file(content)) == 2
    assert why in load_more.err


def test_table_that_is_not_there_or_no_text_is_refused(load_more, tmp_path):
    assert load_more("--devices", tmp_path / "none.csv") == 2
    file = tmp_path / "picture.csv"
    file.write_bytes(bytes(range(128, 256)) * 3)
    assert load_more("--devices", file) == 2
    assert "is no text in utf-8" in load_more.err
    assert load_more("--devices", file, "--encoding", "utf-8") == 2


def test_map_and_tables_come_together_or_not_at_all(load, leaves, csv_file, inside, tmp_path):
    code, lon, lat = inside[0]
    grids = tmp_path / "grids.gpkg"
    leaves.to_file(grids, driver="GPKG", engine="pyogrio")
    posts = csv_file(f"code,kind,unit_code,lon,lat\nP1,x,nowhere,{lon},{lat}\n", "posts.csv")
    devices = csv_file(f"code,kind,family,lon,lat\nD1,x,iot,{lon},{lat}\n", "devices.csv")
    assert load("--devices", devices) == 1
    assert "load the grids first" in load.err
    assert load(grids, "--devices", devices, "--duty-posts", posts) == 1
    assert "no unit carries the code 'nowhere'" in load.out
    assert load.is_empty
    assert load(grids, "--devices", devices, "--report", "json") == 0, load.out
    assert json.loads(load.out)["rows"] == {"devices": 1}
    with psycopg.connect(load.dsn) as conn:
        home = conn.execute("SELECT unit_id FROM device WHERE code = 'D1'").fetchone()[0]
        assert store.unit_ids(conn, [code]) == {code: home}
