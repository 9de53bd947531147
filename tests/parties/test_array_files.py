"""Assets out of their file are those that the database has at this moment."""

import pytest
from psycopg import connect
from shapely.geometry import Point

from gridgeo.geometry.crs import Planar
from gridgeo.parties.asset_file import KEPT, AssetFiles
from gridgeo.parties.assets import Asset, AssetShapes

PLANAR = Planar(4547)
LON, LAT = 113.6071, 34.7061
ADDED = "INSERT INTO asset (kind, name, geom) VALUES ('lamp', %s, ST_Point(%s, %s, 4326))"


@pytest.fixture
def files(tmp_path):
    return AssetFiles(tmp_path / "assets")


@pytest.fixture
def conn(city_db):
    with connect(city_db.owner, autocommit=True) as owner:
        owner.execute("DELETE FROM asset")
        owner.execute(ADDED, ("one", LON, LAT))
        yield owner


def lamps(conn, files, reach_m=16.0):
    """Return the lamps near the first one, nearest first, and whether the database was asked."""
    asked = []

    def read():
        asked.append(True)
        rows = conn.execute("SELECT name, ST_X(geom), ST_Y(geom) FROM asset ORDER BY asset_id")
        found = [Asset(frozenset({"lamp"}), name, Point(x, y)) for name, x, y in rows]
        return AssetShapes.of(found, PLANAR, reach_m)

    shapes = files.shapes(conn, (reach_m,), PLANAR, read)
    near = [(shapes.name(row), metres) for metres, row in shapes.within(LON, LAT, reach_m)]
    assert near == [(shapes.name(row), m) for m, row in read().within(LON, LAT, reach_m)]
    return [name for name, _ in near], len(asked) > 1


def test_assets_are_read_once_and_then_come_out_of_their_file(conn, files, tmp_path):
    assert lamps(conn, files) == (["one"], True)
    assert lamps(conn, files) == (["one"], False)
    assert lamps(conn, AssetFiles(tmp_path / "assets")) == (["one"], False)


def test_assets_that_came_went_or_moved_are_read_anew(conn, files):
    lamps(conn, files)
    conn.execute(ADDED, ("二", LON + 0.00001, LAT))
    assert lamps(conn, files) == (["one", "二"], True)
    conn.execute("UPDATE asset SET geom = ST_Point(%s, %s, 4326) WHERE name = 'one'", (LON, 34.0))
    assert lamps(conn, files) == (["二"], True)
    conn.execute("DELETE FROM asset WHERE name = '二'")
    assert lamps(conn, files) == ([], True)
    assert lamps(conn, files) == ([], False)


def test_a_line_that_changes_is_a_change_too(conn, files):
    lamps(conn, files)
    conn.execute(
        "INSERT INTO line_feature (family, kind, name, geom)"
        " VALUES ('road', 'street', '', 'SRID=4326;LINESTRING(113.6 34.7, 113.7 34.7)')"
    )
    assert lamps(conn, files) == (["one"], True)


def test_another_reach_has_a_file_of_its_own_and_old_files_go(conn, files, tmp_path):
    for reach_m in (16.0, 32.0, 64.0):
        assert lamps(conn, files, reach_m)[1]
    assert not lamps(conn, files, 64.0)[1]
    assert len(list((tmp_path / "assets").glob("*.shapes"))) == KEPT == 2


@pytest.mark.parametrize("harm", [b"", b"PK\3\4" * 4000])
def test_a_damaged_file_is_refused_and_said_so(conn, files, tmp_path, harm, caplog):
    lamps(conn, files)
    (path,) = (tmp_path / "assets").glob("*.shapes")
    path.write_bytes(harm)
    assert lamps(conn, files) == (["one"], True)
    assert {(line.levelname, line.file) for line in caplog.records} == {("WARNING", path.name)}
    assert lamps(conn, files) == (["one"], False)


def test_a_folder_that_cannot_be_written_costs_the_file_alone(conn, tmp_path, caplog):
    (tmp_path / "assets").write_text("a file stands in the way")
    assert lamps(conn, AssetFiles(tmp_path / "assets")) == (["one"], True)
    assert {line.levelname for line in caplog.records} == {"WARNING"}
