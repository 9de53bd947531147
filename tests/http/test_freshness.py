"""What an operator reads of a worker that is behind the head of the map."""

import re
import subprocess
import sys
import time

import psycopg
import pytest

from gridgeo.http import observe
from gridgeo.locate.live import Standing
from gridgeo.units import rows, store

DEADLINE_S = 60.0


@pytest.fixture
def ready(client):
    return lambda: client.get("/health/ready").json()


def until(holds):
    deadline = time.monotonic() + DEADLINE_S
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def mint(dsns):
    """Publish a version that changes nothing but its number."""
    with psycopg.connect(dsns.app) as conn:
        number = store.resolve_version(conn).version + 1
        rows.insert_version(conn, number, "test", None, "", False)
        rows.notify_version(conn, number)


def gauge(client, name):
    return float(re.search(rf"^{name} (\S+)$", client.get("/metrics").text, re.M)[1])


def test_while_the_map_cannot_be_followed_the_old_one_answers_and_it_is_said(
    client, ready, city_db, monkeypatch
):
    broken = [True]

    def torn(*args):
        if broken:
            raise RuntimeError("torn")
        return follow(*args)

    live = sys.modules["gridgeo.locate.live"]
    follow, load = live.follow, live.load_head
    monkeypatch.setattr(live, "follow", torn)
    monkeypatch.setattr(live, "load_head", lambda conn: torn() if broken else load(conn))
    assert ready() == {
        "status": "ready", "version": 1, "head": 1, "stale": False, "seconds_behind": 0.0,
        "tiles": "from_database",
    }  # fmt: skip
    mint(city_db)
    assert until(lambda: ready()["stale"])
    said = client.get("/health/ready")
    assert said.status_code == 200
    assert (said.json()["version"], said.json()["head"]) == (1, 2)
    assert said.json()["seconds_behind"] > 0
    assert client.app.state.live.current().version == 1
    assert until(lambda: gauge(client, "gridgeo_head_version") == 2.0)
    assert gauge(client, "gridgeo_index_version") == 1.0
    assert gauge(client, "gridgeo_index_behind_seconds") > 0
    assert until(
        lambda: 'gridgeo_index_followed_total{how="failed"}' in client.get("/metrics").text
    )
    broken.clear()
    assert until(lambda: not ready()["stale"])
    assert (ready()["version"], ready()["seconds_behind"]) == (2, 0.0)
    assert gauge(client, "gridgeo_index_version") == 2.0
    assert gauge(client, "gridgeo_index_behind_seconds") == 0.0


def test_a_worker_that_is_gone_is_left_out_of_the_gauges(tmp_path, monkeypatch):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    files = [tmp_path / f"gauge_livemin_{gone.pid}.db", tmp_path / f"counter_{gone.pid}.db"]
    for file in files:
        file.touch()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observe, "generate_latest", lambda registry: b"")
        observe.metrics_page()
    assert [file.exists() for file in files] == [False, True]


def test_before_the_first_map_the_gauges_are_nought():
    observe.IndexMetrics().stands(Standing(None, None, 0.0))
    page = observe.metrics_page()[0].decode()
    assert "gridgeo_index_version 0.0" in page and "gridgeo_head_version 0.0" in page
