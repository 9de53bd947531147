"""Assets and rules out of their files are those that the database has at this moment."""

import threading
import time
from datetime import UTC, datetime

import numpy as np
import pytest
from databases import client_on
from psycopg import IsolationLevel, connect
from psycopg.errors import InsufficientPrivilege
from psycopg_pool import ConnectionPool

from gridgeo.db.cache import ImmutableCache
from gridgeo.parties import books as reading
from gridgeo.parties.array_files import KEPT, ArrayFiles
from gridgeo.parties.books import Books

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
LON, LAT = 113.6071, 34.7061
ADDED = "INSERT INTO asset (kind, name, geom) VALUES ('lamp', %s, ST_Point(%s, %s, 4326))"
STREET = (
    "INSERT INTO line_feature (family, kind, name, geom) VALUES"
    " ('road', 'street', '', 'SRID=4326;LINESTRING(113.6 34.7, 113.7 34.7)')"
)
STATE = "SELECT state::text FROM asset_state"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "book"


@pytest.fixture
def conn(city_db):
    with connect(city_db.owner, autocommit=True) as owner:
        owner.execute("DELETE FROM asset")
        owner.execute(ADDED, ("one", LON, LAT))
        yield owner


# --- any contents --------------------------------------------------------------------------------


def number_in(conn, folder, state, number):
    """Return the number in the file of a state, and whether it had to be read."""
    asked = []

    def read():
        asked.append(number)
        return {"n": np.array([number])}

    arrays = ArrayFiles(folder).contents(conn, "kind", state, read)
    return int(arrays["n"][0]), bool(asked)


def test_contents_are_read_once_and_then_come_out_of_their_file(conn, folder):
    assert number_in(conn, folder, ["a", 1.5], 7) == (7, True)
    assert number_in(conn, folder, ["a", 1.5], 8) == (7, False)


def test_each_state_and_database_has_a_file_and_old_files_go(conn, folder, db):
    for number, state in enumerate("abc"):
        assert number_in(conn, folder, [state], number) == (number, True)
    assert number_in(conn, folder, ["c"], 9) == (2, False)
    assert len(list(folder.glob("kind/*.arrays"))) == KEPT == 2
    with connect(db.reader) as other:
        assert number_in(other, folder, ["c"], 9) == (9, True)


@pytest.mark.parametrize("harm", [b"", b"PK\3\4" * 4000])
def test_a_damaged_file_is_refused_and_said_so(conn, folder, harm, caplog):
    number_in(conn, folder, [], 7)
    (path,) = folder.glob("kind/*.arrays")
    path.write_bytes(harm)
    assert number_in(conn, folder, [], 8) == (8, True)
    assert {(line.levelname, line.file) for line in caplog.records} == {("WARNING", path.name)}
    assert number_in(conn, folder, [], 9) == (8, False)


def test_a_file_of_a_former_format_is_replaced_in_silence(conn, folder, caplog):
    number_in(conn, folder, [], 7)
    (path,) = folder.glob("kind/*.arrays")
    path.write_bytes(path.read_bytes().replace(b"gridgeo arrays 3", b"gridgeo arrays 2"))
    assert number_in(conn, folder, [], 8) == (8, True)
    assert caplog.records == []


def test_a_folder_that_cannot_be_written_costs_the_file_alone(conn, folder, caplog):
    folder.write_text("a file stands in the way")
    assert number_in(conn, folder, [], 7) == (7, True)
    assert {line.levelname for line in caplog.records} == {"WARNING"}


# --- books ---------------------------------------------------------------------------------------


def lamps(book):
    """Return the names of the lamps near the first one, nearest first."""
    assert book.assets is not None
    return [one.asset for one in book.assets.near(LON, LAT) if one.asset.startswith("lamp")]


def test_a_book_out_of_files_is_that_of_the_database_and_reads_no_list(conn, folder, monkeypatch):
    plain, written = Books().now(conn), Books(files=ArrayFiles(folder)).now(conn)
    for name in ("load_columns", "_assets"):
        monkeypatch.setattr(reading, name, None)
    read = Books(files=ArrayFiles(folder)).now(conn)
    for book in (written, read):
        assert lamps(book) == lamps(plain) == ["lamp one"]
        assert list(book.rules.rules()) == list(plain.rules.rules())
        for part in ("parties", "attached", "whens", "modes", "serving_unit", "valid_from"):
            assert getattr(book.rules, part) == getattr(plain.rules, part), part


def test_a_new_rule_set_has_a_file_of_its_own(conn, folder):
    first = Books(files=ArrayFiles(folder)).now(conn)
    conn.execute(
        "INSERT INTO rule_set (rule_set, valid_from, actor)"
        " SELECT 2, now(), 'test' WHERE NOT EXISTS (SELECT FROM rule_set WHERE rule_set = 2)"
    )
    conn.execute(
        "UPDATE responsibility_rule SET rule_sets = int4range(1, 2)"
        " WHERE rule_id = (SELECT max(rule_id) FROM responsibility_rule)"
    )
    second = Books(files=ArrayFiles(folder)).now(conn)
    assert len(list(second.rules.rules())) == len(list(first.rules.rules())) - 1
    assert len(list(folder.glob("rules/*.arrays"))) == 2


def test_the_book_of_another_instant_is_read_without_files(conn, folder):
    book = Books(files=ArrayFiles(folder)).at(conn, datetime(2030, 1, 1, tzinfo=UTC))
    assert lamps(book) == ["lamp one"]
    assert not folder.exists()


@pytest.fixture
def source(city_db):
    with ConnectionPool(city_db.reader, min_size=1, max_size=2) as pool:
        yield pool


def renewed(books, conn, source):
    """Return the book once what has changed is read, as a server's looks have it read."""
    for _ in range(2000):
        book = books.now(conn)
        books.renew(source)
        if books.is_current:
            return books.now(conn)
        time.sleep(0.01)
    return book


def test_assets_that_came_went_or_moved_are_in_a_coming_book(conn, folder, source):
    books = Books(files=ArrayFiles(folder))
    assert lamps(books.now(conn)) == ["lamp one"]
    assert books.now(conn) is books.now(conn)
    conn.execute(ADDED, ("二", LON + 0.00001, LAT))
    assert lamps(renewed(books, conn, source)) == ["lamp one", "lamp 二"]
    conn.execute("UPDATE asset SET geom = ST_Point(%s, %s, 4326) WHERE name = 'one'", (LON, 34.0))
    assert lamps(renewed(books, conn, source)) == ["lamp 二"]
    conn.execute("TRUNCATE asset")
    assert lamps(renewed(books, conn, source)) == []


def test_a_lamp_that_comes_bears_on_the_answers_of_a_server(city_db):
    asked = {"lon": LON, "lat": LAT, "category": "01037"}
    with connect(city_db.owner, autocommit=True) as owner:
        owner.execute("DELETE FROM asset")
    with client_on(city_db) as client:
        reasons = [client.get("/locate", params=asked).json()["assignment"]["reason"]]
        with connect(city_db.app, autocommit=True) as app:
            app.execute(ADDED, ("new", LON, LAT))
        while reasons[-1] == reasons[0] and len(reasons) < 2000:
            time.sleep(0.02)
            reasons.append(client.get("/locate", params=asked).json()["assignment"]["reason"])
    assert reasons[0] != "asset"
    assert reasons[-1] == "asset"


def test_nobody_waits_for_assets_that_are_read_anew(conn, source, monkeypatch):
    books, begun, may_end = Books(), threading.Event(), threading.Event()
    before, read = books.now(conn), reading._assets

    def slow(*asked):
        begun.set()
        assert may_end.wait(30)
        return read(*asked)

    monkeypatch.setattr(reading, "_assets", slow)
    conn.execute("DELETE FROM asset")
    assert books.now(conn) is before
    books.renew(source)
    assert begun.wait(30)
    for book in (books.now(conn), books.at(conn, NOW), books.within(conn, NOW)):
        assert lamps(book) == ["lamp one"]
    may_end.set()
    assert lamps(renewed(books, conn, source)) == []


def test_assets_that_cannot_be_read_are_read_at_a_coming_look(conn, city_db, source, caplog):
    books = Books()
    books.now(conn)
    conn.execute("DELETE FROM asset")
    closed = ConnectionPool(city_db.reader, open=False)
    books.now(conn)
    books.renew(closed)
    for _ in range(500):
        if caplog.records:
            break
        time.sleep(0.01)
    [told] = {line.message for line in caplog.records}
    assert told == "changed assets were not read; those before are served on"
    assert lamps(books.now(conn)) == ["lamp one"]
    books._not_before = 0.0
    assert lamps(renewed(books, conn, source)) == []


@pytest.mark.parametrize(
    "change",
    [
        STREET,
        "UPDATE line_feature SET name = 'x'",
        "DELETE FROM line_feature",
        "DELETE FROM asset",
        "UPDATE asset SET name = 'x'",
        "TRUNCATE line_feature, asset",
        "COPY asset (kind, name, geom) FROM STDIN",
    ],
)
def test_every_change_of_assets_gives_another_state_and_tells_workers(conn, city_db, change):
    with connect(city_db.reader, autocommit=True) as listener:
        listener.execute("LISTEN gridgeo_rules")
        [before] = conn.execute(STATE).fetchone()
        with conn.transaction(), conn.cursor() as cursor:
            if change.startswith("COPY"):
                with cursor.copy(change) as copy:
                    copy.write_row(("lamp", "", "SRID=4326;POINT(113.6 34.7)"))
            else:
                cursor.execute(change)
            assert list(listener.notifies(timeout=0)) == []
        assert len(list(listener.notifies(timeout=10, stop_after=1))) == 1
    [after] = conn.execute(STATE).fetchone()
    assert after != before


def test_a_change_that_is_rolled_back_leaves_the_state(conn):
    [before] = conn.execute(STATE).fetchone()
    with conn.transaction(force_rollback=True):
        conn.execute("DELETE FROM asset")
    assert conn.execute(STATE).fetchone() == (before,)


def test_the_application_changes_assets_and_never_the_state_itself(conn, city_db):
    [before] = conn.execute(STATE).fetchone()
    with connect(city_db.app, autocommit=True) as app:
        app.execute(ADDED, ("two", LON, LAT))
        with pytest.raises(InsufficientPrivilege):
            app.execute("UPDATE asset_state SET state = gen_random_uuid()")
    assert conn.execute(STATE).fetchone() != (before,)


def test_assets_of_an_older_snapshot_are_not_taken_for_those_at_hand(city_db, conn, source):
    books = Books()
    books.now(conn)
    with connect(city_db.reader) as old:
        old.isolation_level = IsolationLevel.REPEATABLE_READ
        old.execute("SELECT")
        conn.execute(ADDED, ("two", LON, LAT))
        assert lamps(renewed(books, conn, source)) == ["lamp one", "lamp two"]
        books._assets = ImmutableCache(3)
        assert lamps(books.at(old, NOW)) == ["lamp one"]
    assert lamps(books.at(conn, NOW)) == ["lamp one", "lamp two"]
