"""What a worker answers by follows every publication, and says so when it cannot."""

from contextlib import ExitStack, contextmanager
from functools import partial

from following import publish_move, publish_rename, until
from psycopg import connect
from shapely import STRtree

from gridgeo.db.connect import pool
from gridgeo.db.listen import Listener
from gridgeo.locate.index_file import IndexFiles
from gridgeo.locate.live import Live
from gridgeo.locate.store import Indexes, load_head
from gridgeo.settings import Settings
from gridgeo.units import store

CHANNELS = ("gridgeo_map",)


class Told:
    """A watch that remembers."""

    def __init__(self):
        self.how, self.standings = [], []

    def followed(self, how):
        self.how.append(how)

    def stands(self, standing):
        self.standings.append(standing)


@contextmanager
def worker(dsns, files=None, poll_s=30.0):
    """A live city as in a worker, with what it was told."""
    told = Told()
    with pool(dsns.reader, Settings()) as source:
        live = Live(source, Indexes(3), files, lambda conn: "rules", told)
        live.open()
        with Listener(dsns.app, CHANNELS, live.refresh, poll_s):
            yield live, told


def serves(live, version):
    return live.current().version == version


def test_each_of_two_workers_follows_a_publication_by_a_patch(city_db):
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(city_db)) for _ in range(2)]
        conn = stack.enter_context(connect(city_db.app))
        before = [live.current() for live, _ in workers]
        for version, number in ((2, 3), (3, 40)):
            publish_move(conn, number)
            assert all(until(partial(serves, live, version)) for live, _ in workers)
        for (live, told), old in zip(workers, before, strict=True):
            assert (old.version, old.city.version.version) == (1, 1)
            assert told.how == ["reload", "patch", "patch"]
            assert (live.standing.version, live.standing.head) == (3, 3)
            assert live.standing.behind_s == 0.0
            assert live.current().city.place(113.6071, 34.7061).version.version == 3


def test_without_a_notification_the_poll_finds_the_publication(city_db, monkeypatch):
    monkeypatch.setattr("gridgeo.units.rows.notify_version", lambda conn, version: None)
    with worker(city_db, poll_s=0.05) as (live, _), connect(city_db.app) as conn:
        publish_move(conn, 3)
        assert until(lambda: live.current().version == 2)


def test_a_connection_that_is_lost_is_made_again(city_db):
    with worker(city_db) as (live, _), connect(city_db.app, autocommit=True) as conn:
        ask = (
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'gridgeo-listen' AND "
            "datname = current_database() AND query LIKE 'LISTEN%'"
        )
        assert until(lambda: conn.execute(ask).fetchone() is not None)
        (lost,) = conn.execute(ask).fetchone()
        conn.execute("SELECT pg_terminate_backend(%s)", (lost,))
        assert until(lambda: (conn.execute(ask).fetchone() or (lost,))[0] != lost)
        with connect(city_db.app) as publisher:
            publish_move(publisher, 3)
        assert until(lambda: live.current().version == 2)


def test_after_a_failed_patch_the_old_map_answers_says_so_and_recovers(city_db, monkeypatch):
    allow = []

    def fail(*args):
        raise RuntimeError("the patch was torn")

    def load_when_allowed(conn):
        if not allow:
            raise RuntimeError("not yet")
        return load(conn)

    with worker(city_db, poll_s=0.05) as (live, told), connect(city_db.app) as conn:
        load = load_head
        monkeypatch.setattr("gridgeo.locate.live.follow", fail)
        monkeypatch.setattr("gridgeo.locate.live.load_head", load_when_allowed)
        publish_move(conn, 3)
        assert until(lambda: told.how.count("failed") >= 2)
        assert live.current().version == 1
        assert live.current().city.place(113.6071, 34.7061).unit is not None
        assert (live.standing.version, live.standing.head) == (1, 2)
        assert live.standing.behind_s > 0
        allow.append(True)
        assert until(lambda: live.current().version == 2)
        assert live.standing.behind_s == 0.0


def test_before_the_first_map_nothing_answers_and_that_is_no_failure(db):
    with worker(db) as (live, told):
        assert live.current() is None
        assert (live.standing.version, live.standing.head) == (None, None)
        assert told.how == []


def test_a_restart_answers_out_of_the_file_and_follows_what_was_published_since(
    city_db, tmp_path, monkeypatch
):
    files = IndexFiles(tmp_path)
    with worker(city_db, files) as (_, told):
        assert told.how == ["reload"]
    with connect(city_db.app) as conn:
        publish_move(conn, 3)
        publish_rename(conn, "新名街道")
        head = store.resolve_version(conn)
    monkeypatch.setattr("gridgeo.locate.live.load_head", None)
    with worker(city_db, files) as (live, told):
        assert told.how[:2] == ["file", "patch"]
        assert live.current().city.version == head


def test_a_patched_city_is_written_once_publications_pause(city_db, tmp_path, monkeypatch):
    monkeypatch.setattr("gridgeo.locate.live.SAVE_AFTER_S", 0.0)
    with worker(city_db, IndexFiles(tmp_path), 0.05) as (_, told), connect(city_db.app) as conn:
        publish_move(conn, 3)
        assert until(lambda: len(list(tmp_path.glob("city-*-000000002.index"))) == 1)
        assert told.how == ["reload", "patch"]


def test_one_worker_builds_and_the_other_takes_its_file(city_db, tmp_path, monkeypatch):
    with worker(city_db, IndexFiles(tmp_path)):
        monkeypatch.setattr("gridgeo.locate.live.load_head", None)
        with worker(city_db, IndexFiles(tmp_path)) as (live, told):
            assert (live.current().version, told.how) == (1, ["file"])


def test_a_database_that_is_away_leaves_the_map_and_comes_back(city_db):
    with pool(city_db.reader, Settings(pool_timeout_s=0.2)) as source:
        live = Live(source, Indexes(3), None, lambda conn: "rules", Told())
        live.refresh()
        assert live.current().version == 1
        source.close()
        live.refresh()
        assert live.current().version == 1


def test_rules_come_with_the_city_in_one_value(city_db):
    rules = ["old"]
    with pool(city_db.reader, Settings()) as source:
        live = Live(source, Indexes(3), None, lambda conn: rules[0], Told())
        live.refresh()
        first = live.current()
        live.refresh()
        assert live.current() is first
        rules[0] = "new"
        live.refresh()
        assert (first.rules, live.current().rules) == ("old", "new")
        assert first.city is live.current().city
        assert first.version == 1


def test_no_question_about_a_disc_waits_for_a_tree_of_boxes(city_db, monkeypatch):
    built = []

    def counted(boxes):
        built.append(len(boxes))
        return STRtree(boxes)

    monkeypatch.setattr("gridgeo.geometry.nearby.STRtree", counted)
    monkeypatch.setattr("gridgeo.geometry.shape_table.STRtree", counted)
    with pool(city_db.reader, Settings()) as source, connect(city_db.app) as conn:
        live = Live(source, Indexes(3), None, lambda conn: "rules", Told())
        live.open()
        assert built == []  # the first answers come before it
        live.refresh()
        assert len(built) == 2  # in degrees and in metres
        publish_move(conn, 3)
        live.refresh()  # who follows the same publication has no time to lose
        assert len(built) == 2
        live.refresh()
        assert len(built) == 3
        west, south, east, north = live.current().city.bounds
        for lon in ((west + east) / 2, west - 1.0):
            placed = live.current().city.place(lon, (south + north) / 2, 500.0)
            assert len(placed.candidates) > 1 or placed.nearest is not None
        assert len(built) == 3
