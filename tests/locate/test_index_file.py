"""The city out of its file answers as the city that was written; what does not fit is read anew."""

import pytest
from databases import cloned
from following import publish_move
from psycopg import connect

from gridgeo.locate.index_file import KEPT, IndexFiles
from gridgeo.locate.store import follow, load_head
from gridgeo.units import store

PLACES = [(113.6071, 34.7061), (113.605, 34.705), (113.0, 34.0)]


@pytest.fixture
def files(tmp_path):
    return IndexFiles(tmp_path / "index")


def keep(files, conn, city):
    with files.locked():
        return files.kept(conn, city)


@pytest.fixture
def conn(city_conn):
    return city_conn


def test_a_city_out_of_its_file_answers_as_before_and_can_be_patched(conn, files):
    city = load_head(conn)
    assert files.newest(conn) is None
    kept = keep(files, conn, city)
    found = files.newest(conn)
    assert found is not None and kept is not city
    for place in PLACES:
        assert found.place(*place) == kept.place(*place) == city.place(*place)
    assert dict(found.units) == dict(city.units)
    assert (found.bounds, found.root) == (city.bounds, city.root)
    conn.rollback()
    publish_move(conn, 40)
    head = store.resolve_version(conn)
    patched, fresh = follow(conn, found, head), load_head(conn)
    assert [patched.place(*p) for p in PLACES] == [fresh.place(*p) for p in PLACES]
    assert keep(files, conn, patched).place(*PLACES[0]) == fresh.place(*PLACES[0])


@pytest.mark.parametrize("harm", ["cut", "bit", "head", "empty", "foreign"])
def test_a_file_that_is_not_whole_is_refused_and_said_so(conn, files, tmp_path, harm, caplog):
    keep(files, conn, load_head(conn))
    (path,) = (tmp_path / "index").glob("city-*.index")
    data = bytearray(path.read_bytes())
    if harm == "bit":
        data[len(data) // 2] ^= 4
    if harm == "head":
        data[40] ^= 1
    harmed = {"cut": data[:-64], "empty": b"", "foreign": b"PK\3\4" * 4000}.get(harm, data)
    path.write_bytes(harmed)
    assert files.newest(conn) is None
    assert [(line.levelname, line.file) for line in caplog.records] == [("WARNING", path.name)]


def test_a_file_of_a_former_format_is_left_alone_and_nothing_is_said(conn, files, tmp_path, caplog):
    keep(files, conn, load_head(conn))
    (path,) = (tmp_path / "index").glob("city-*.index")
    path.write_bytes(path.read_bytes().replace(b"gridgeo arrays 3", b"gridgeo arrays 2", 1))
    assert files.newest(conn) is None
    assert caplog.records == []


def test_the_file_of_another_database_never_answers(cluster, tiny_template, files, conn):
    keep(files, conn, load_head(conn))
    with (
        cloned(cluster, tiny_template.template) as other,
        connect(other.reader) as elsewhere,
    ):
        assert files.newest(elsewhere) is None
    assert files.newest(conn) is not None


def test_the_file_of_a_version_that_the_database_tells_otherwise_never_answers(
    city_db, conn, files
):
    keep(files, conn, load_head(conn))
    conn.rollback()
    with connect(city_db.owner) as owner:
        owner.execute("ALTER TABLE map_version DISABLE TRIGGER USER")
        owner.execute("UPDATE map_version SET note = note || ' otherwise'")
    assert files.newest(conn) is None


def test_only_the_newest_files_are_kept_and_no_half_ones(conn, files, tmp_path):
    with files.locked():
        (tmp_path / "index" / "city-0-000000001.index.abc.part").write_bytes(b"half")
    city = keep(files, conn, load_head(conn))
    for number in (3, 40, 90):
        conn.rollback()
        publish_move(conn, number)
        city = follow(conn, city, store.resolve_version(conn))
        keep(files, conn, city)
    names = sorted(path.name[-14:] for path in (tmp_path / "index").iterdir())
    assert names == ["00000003.index", "00000004.index", "lock"]
    assert KEPT == 2


def test_a_folder_that_cannot_be_written_costs_the_file_alone(conn, tmp_path, caplog):
    (tmp_path / "index").write_text("a file stands in the way")
    files, city = IndexFiles(tmp_path / "index"), load_head(conn)
    with files.locked():
        assert files.kept(conn, city) is city
        assert files.newest(conn) is None
    assert {line.levelname for line in caplog.records} == {"WARNING"}


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_file_whose_reading_was_begun_ahead_is_checked_as_any_other(
    conn, files, tmp_path, is_whole
):
    city = keep(files, conn, load_head(conn))
    (path,) = (tmp_path / "index").glob("city-*.index")
    if not is_whole:
        path.write_bytes(path.read_bytes()[:-64])
    files.read_ahead()
    found = files.newest(conn)
    assert (found is not None) == is_whole
    if found is not None:
        assert found.place(*PLACES[0]) == city.place(*PLACES[0])


def test_nothing_is_read_ahead_where_there_is_no_file(conn, files):
    files.read_ahead()
    assert files.newest(conn) is None
