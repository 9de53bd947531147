import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gridgeo.db import binaries, process
from gridgeo.db.binaries import Binaries, ClusterError, find_binaries
from gridgeo.db.cluster import Cluster
from tests.conftest import private_cluster


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    with private_cluster() as cluster:
        yield cluster


@pytest.fixture
def running(own: Cluster) -> Cluster:
    own.start()
    return own


def ask(cluster: Cluster, question: str) -> object:
    with psycopg.connect(cluster.dsn, autocommit=True) as conn:
        row = conn.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def data_of(cluster: Cluster) -> Path:
    return cluster.log_file.parent / "data"


def kill(cluster: Cluster) -> None:
    pid = cluster.postmaster_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def test_a_connection_finds_postgis_loaded(running: Cluster) -> None:
    assert "postgis" in str(ask(running, "SHOW shared_preload_libraries"))


def test_start_twice_is_the_same_server(running: Cluster) -> None:
    pid = running.postmaster_pid
    assert running.start() == running.dsn
    assert running.postmaster_pid == pid


def test_cluster_listens_on_loopback_only_with_passwords(running: Cluster) -> None:
    assert ask(running, "SHOW listen_addresses") == "127.0.0.1"
    assert (
        ask(running, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'")
        == 0
    )
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(running.dsn.with_parameters(password="wrong"))


def test_secrets_and_socket_are_private(running: Cluster) -> None:
    socket_dir = Path(str(ask(running, "SHOW unix_socket_directories")))
    assert (running.directory / "cluster.json").stat().st_mode & 0o777 == 0o600
    assert socket_dir.stat().st_mode & 0o777 == 0o700
    assert len(str(socket_dir)) < 40


def test_server_never_runs_as_root(running: Cluster) -> None:
    pid = running.postmaster_pid
    assert Path(f"/proc/{pid}").stat().st_uid != 0


def test_names_order_by_bytes_and_chinese_has_trigrams(cluster: Cluster) -> None:
    assert ask(cluster, "SELECT 'Z' < 'a' AND '二七' ~ '^\\w+$'") is True


def test_killed_server_starts_again_with_its_data(running: Cluster) -> None:
    with psycopg.connect(running.dsn, autocommit=True) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS n")
    kill(running)
    running.start()
    assert ask(running, "SELECT n FROM kept") == 7


def test_server_killed_while_a_statement_runs_starts_again(running: Cluster) -> None:
    conn = psycopg.connect(running.dsn, autocommit=True)
    busy = threading.Thread(target=_sleep_until_killed, args=(conn,))
    busy.start()
    kill(running)
    running.start()
    busy.join()
    assert ask(running, "SELECT 1") == 1


def _sleep_until_killed(conn: psycopg.Connection[object]) -> None:
    with pytest.raises(psycopg.OperationalError):
        conn.execute("SELECT count(*) FROM generate_series(1, 100000000)")
    conn.close()


def test_stale_pid_file_that_names_a_stranger_is_no_obstacle(running: Cluster) -> None:
    running.stop()
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pid_file = data_of(running) / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{pid_file.parent}\n0\n")
    try:
        assert not running.is_running()
        running.start()
        assert running.is_running()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_port_taken_by_another_program_is_replaced(running: Cluster) -> None:
    running.stop()
    before = running.port
    with socket.create_server(("127.0.0.1", before)):
        running.start()
        assert running.port != before
        assert ask(running, "SELECT 1") == 1


def test_cluster_killed_while_it_was_made_is_made_again(tmp_path: Path) -> None:
    with private_cluster() as cluster:
        cluster.stop()
        data = data_of(cluster)
        data.rename(data.with_name("data.new"))
        (data.with_name("data.new") / "PG_VERSION").unlink()
        cluster.start()
        assert ask(cluster, "SELECT 1") == 1


def test_two_starts_at_once_make_one_cluster() -> None:
    with private_cluster() as cluster:
        cluster.purge()
        starts = [
            threading.Thread(target=Cluster(cluster.directory, False).start) for _ in range(3)
        ]
        for start in starts:
            start.start()
        for start in starts:
            start.join()
        assert ask(cluster, "SELECT 1") == 1


def test_two_clusters_run_side_by_side(running: Cluster, cluster: Cluster) -> None:
    assert running.port != cluster.port
    assert data_of(running) != data_of(cluster)
    assert ask(running, "SHOW data_directory") != ask(cluster, "SHOW data_directory")


def test_copied_folder_is_another_cluster(running: Cluster) -> None:
    running.stop()
    copy = Cluster(running.directory.with_name("copy"), durable=False)
    subprocess.run(["cp", "-a", running.directory, copy.directory], check=True)
    running.start()
    try:
        copy.start()
        assert copy.port != running.port
        assert data_of(copy) != data_of(running)
        assert ask(copy, "SHOW data_directory") == str(data_of(copy))
    finally:
        copy.purge()
    assert running.is_running()


def test_data_of_a_deleted_checkout_is_kept_aside(running: Cluster) -> None:
    told: list[str] = []
    running.stop()
    (running.directory / "cluster.json").unlink()
    again = Cluster(running.directory, durable=False, report=told.append)
    again.start()
    assert list(data_of(again).parent.glob("data.left-*"))
    assert any("is kept in" in text for text in told)


def test_data_is_where_the_account_of_the_server_can_enter(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    cluster = Cluster(tmp_path / "postgres", durable=False)
    try:
        cluster.start()
        home = Path(json.loads((cluster.directory / "cluster.json").read_text())["home"])
        assert home.parent == (Path("/var/lib/gridgeo") if os.geteuid() == 0 else tmp_path)
    finally:
        cluster.purge()
    assert not home.exists()


def test_missing_postgresql_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(binaries, "_installed", list)
    find_binaries.cache_clear()
    with pytest.raises(ClusterError, match=r"apt-get install|brew install"):
        find_binaries()
    find_binaries.cache_clear()


def test_missing_postgis_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(binaries, "_installed", lambda: [Binaries(Path("/nowhere"), 15)])
    monkeypatch.setattr(Binaries, "postgis_library", None)
    find_binaries.cache_clear()
    with pytest.raises(ClusterError, match=r"postgresql-15-postgis-3|brew install"):
        find_binaries()
    find_binaries.cache_clear()


def test_repr_shows_no_password(running: Cluster) -> None:
    password = running.dsn.parameters["password"]
    shown = f"{running!r} {running.dsn!r} {running.dsn} {running._record()!r}"
    assert password not in shown


def test_a_process_that_ended_has_no_identity() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert process.identity(ended.pid) is None
    assert process.identity(os.getpid()) == process.identity(os.getpid())


def test_stop_of_what_does_not_run_says_so(tmp_path: Path) -> None:
    assert Cluster(tmp_path / "none").stop() is False
    with pytest.raises(ClusterError, match="gridgeo up"):
        _ = Cluster(tmp_path / "none").dsn
    assert shutil.which("python3")
