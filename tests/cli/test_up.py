"""One city is brought up, hurt and brought up again, as a person would do it."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import psycopg
import pytest

from gridgeo.cli import server
from gridgeo.cli.local import Local, ServerRecord
from gridgeo.cli.up import EXAMPLE
from gridgeo.db import ports
from gridgeo.db.cluster import Cluster
from gridgeo.settings import Settings


class Checkout:
    """A `var` folder of its own, and the commands that work on it."""

    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir
        self.port = ports.first_free(range(18000, 19000))
        self.cluster = Cluster(var_dir / "postgres")

    def run(self, *arguments: str) -> str:
        """Run a verb and return what it said; fail with its words if it fails."""
        environment = {
            "PATH": os.environ["PATH"],
            "GRIDGEO_VAR_DIR": str(self.var_dir),
            "GRIDGEO_PORT": str(self.port),
            "GRIDGEO_WORKERS": "1",
        }
        command = [sys.executable, "-m", "gridgeo.cli", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def server(self) -> ServerRecord:
        record = ServerRecord.read(self.var_dir)
        assert record is not None
        return record

    @property
    def versions(self) -> list[object]:
        with psycopg.connect(Local.need(self.var_dir / "local.json").dsn.reader) as conn:
            return conn.execute("SELECT version FROM map_version ORDER BY version").fetchall()

    def get(self, path: str, key: str | None = None) -> dict[str, object]:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        request = urllib.request.Request(self.server.url + path, headers=headers)
        with urllib.request.urlopen(request) as answer:
            found = json.load(answer)
        assert isinstance(found, dict)
        return found

    def kill_cluster(self) -> None:
        pid = self.cluster.postmaster_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    with TemporaryDirectory(prefix="gridgeo-up-") as folder:
        Path(folder).chmod(0o711)
        made = Checkout(Path(folder))
        made.run("up", "--detach")
        yield made
        made.run("down", "--purge")


def test_up_prints_a_curl_line_that_answers_with_a_chain(checkout: Checkout) -> None:
    assert f"curl '{checkout.server.url}{EXAMPLE}'" in checkout.run("up", "--detach")
    placement = checkout.get(EXAMPLE)["placement"]
    assert isinstance(placement, dict)
    assert len(placement["chain"]) > 1


def test_up_again_keeps_the_running_server_and_the_keys(checkout: Checkout) -> None:
    before, keys = checkout.server, Local.need(checkout.var_dir / "local.json").keys
    checkout.run("up", "--detach")
    assert checkout.server == before
    assert Local.need(checkout.var_dir / "local.json").keys == keys
    assert set(keys) == {"viewer", "dispatcher", "planner", "analyst", "operator"}


def test_doctor_finds_no_fault(checkout: Checkout) -> None:
    checks = json.loads(checkout.run("doctor", "--json"))
    assert all(check["ok"] for check in checks), checks


def test_killed_server_and_cluster_come_up_again_with_the_same_map(checkout: Checkout) -> None:
    before, killed = checkout.versions, checkout.server
    os.kill(killed.pid, signal.SIGKILL)
    checkout.kill_cluster()
    checkout.run("up", "--detach")
    assert checkout.versions == before
    assert checkout.server.pid != killed.pid
    assert checkout.server.url == killed.url


def test_down_and_up_lose_nothing(checkout: Checkout) -> None:
    before = checkout.versions
    assert "server stopped" in checkout.run("down")
    assert not checkout.cluster.is_running()
    checkout.run("up", "--detach")
    assert checkout.versions == before


def test_while_the_workers_are_replaced_every_question_is_answered(checkout: Checkout) -> None:
    before, statuses, done = checkout.server, [], threading.Event()

    def ask() -> None:
        while not done.is_set():
            with urllib.request.urlopen(before.url + EXAMPLE) as answer:
                statuses.append(answer.status)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        renewed = server.renew(Settings(var_dir=checkout.var_dir), before)
    finally:
        done.set()
        asking.join()
    assert renewed
    assert checkout.server == before
    assert set(statuses) == {200}


def test_prepare_keeps_the_map_ready_for_the_next_server(checkout: Checkout) -> None:
    folder = checkout.var_dir / "index"
    rmtree(folder)
    checkout.run("prepare")
    assert len([*folder.glob("city-*.index")]) == 1
    assert len([*folder.glob("book/assets/*.arrays")]) == 1
    assert len([*folder.glob("book/rules/*.arrays")]) == 1


def test_another_city_is_served_beside_the_first_and_back_with_the_same_keys(
    checkout: Checkout,
) -> None:
    before, keys = checkout.versions, Local.need(checkout.var_dir / "local.json").keys
    checkout.run("up", "--detach", "--city", "none")
    assert checkout.versions == []
    assert Local.need(checkout.var_dir / "local.json").keys == keys
    assert "CITY=" not in checkout.run("up", "--detach")
    assert checkout.versions == []
    assert "CITY=zhengzhou" in checkout.run("up", "--detach", "--city", "small")
    assert checkout.versions == before
    assert "events" in checkout.get("/events?limit=1", keys["dispatcher"])
