"""A worker that is one of the first answers plain questions before it is whole; none is refused."""

import asyncio
import gc
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from urllib.request import urlopen

import pytest
from serving import free_port, server
from uvicorn import Config

from gridgeo.cli import main, supervisor, worker
from gridgeo.cli.supervisor import ForkedWorker, _work
from gridgeo.http.protocol import AT_ONCE
from gridgeo.settings import Secret, Settings

POINT = b"lon=113.605&lat=34.705"
ENDS_IN_S = 60

FORK = multiprocessing.get_context("fork")


class Asked:
    """A beginning worker, asked as a server asks an application."""

    def __init__(self, dsns):
        given = {"app_dsn": Secret(dsns.app[:]), "reader_dsn": Secret(dsns.reader[:])}
        self.app = worker.Beginning(Settings(**given))
        self.state = {}
        self._inbox = asyncio.Queue()
        self._outbox = asyncio.Queue()

    async def __aenter__(self):
        scope = {"type": "lifespan", "state": self.state}
        self._life = asyncio.create_task(self.app(scope, self._inbox.get, self._outbox.put))
        await self._inbox.put({"type": "lifespan.startup"})
        assert (await self._outbox.get())["type"] == "lifespan.startup.complete"
        return self

    async def __aexit__(self, *error):
        await self._inbox.put({"type": "lifespan.shutdown"})
        await self._life
        assert (await self._outbox.get())["type"] == "lifespan.shutdown.complete"

    def at_once(self, path, query=b""):
        """Return status and body of an answer that needs no application, None if there is none."""
        answers = []
        self.state[AT_ONCE].answered(_scope(path, query), answers.append)
        return None if not answers else (answers[0][0], answers[0][2])

    async def get(self, path, query=b""):
        """Return status and body of an answer of the application."""
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        await self.app(_scope(path, query), receive, send)
        return sent[0]["status"], b"".join(m.get("body", b"") for m in sent)


def _scope(path, query):
    return {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "headers": [],
        "query_string": query, "scheme": "http", "http_version": "1.1", "root_path": "",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip


def test_a_point_is_answered_before_the_application_is_made_and_others_wait(city_db, monkeypatch):
    may_go_on, made = threading.Event(), worker._made

    def late(*given):
        assert may_go_on.wait(ENDS_IN_S)
        return made(*given)

    async def asked():
        async with Asked(city_db) as one:
            status, body = one.at_once("/locate", POINT)
            assert status == 200 and json.loads(body)["assignment"]["party"]
            assert one.at_once("/health/ready") is None
            waiting = asyncio.create_task(one.get("/health/ready"))
            done, _ = await asyncio.wait([waiting], timeout=0.05)
            assert not done
            may_go_on.set()
            assert (await waiting)[0] == 200
            assert await one.get("/locate", POINT) == (status, body)

    monkeypatch.setattr(worker, "_made", late)
    asyncio.run(asked())
    assert gc.isenabled()
    gc.unfreeze()


def test_without_rules_nothing_is_answered_at_once(db):
    async def asked():
        async with Asked(db) as one:
            assert one.at_once("/locate", POINT) is None
            assert (await one.get("/locate", POINT))[0] == 503

    asyncio.run(asked())
    gc.unfreeze()


def test_all_workers_come_and_answer_alike(city_db, tmp_path):
    with server(city_db, tmp_path, workers=2) as url:
        pages = set()
        while len(pages) < 2:
            with urlopen(f"{url}/metrics") as answer:
                answer.read()
            pages = {file.stem.rpartition("_")[2] for file in (tmp_path / "metrics").glob("*.db")}
        with urlopen(f"{url}/locate?{POINT.decode()}") as answer:
            assert json.load(answer)["assignment"]["party"]


def test_a_server_whose_application_cannot_be_made_says_so_and_ends(city_db, tmp_path):
    environment = {
        **os.environ,
        "GRIDGEO_APP_DSN": city_db.app[:],
        "GRIDGEO_VAR_DIR": str(tmp_path),
        "GRIDGEO_TILES_DIR": str(tmp_path / "nowhere"),
    }
    command = [sys.executable, "-m", "gridgeo.cli", "serve", "--port", str(free_port())]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=ENDS_IN_S
    )
    assert "the application cannot be made" in done.stderr
    assert "failed to start" in done.stderr
    assert not (tmp_path / "server.pid").exists()


def worker_that(work: Callable[..., None]) -> ForkedWorker:
    """A worker that does something else than serving."""
    made = ForkedWorker(Config("nowhere:nothing"), [])
    made.process = FORK.Process(target=_work, args=(made.config, work, []))
    return made


def test_nobody_waits_for_the_word_of_a_worker_that_has_died():
    dying = worker_that(lambda sockets: time.sleep(0.5))
    dying.start()
    began = time.monotonic()
    assert not dying.is_alive(timeout=2 * ENDS_IN_S)
    assert time.monotonic() - began < ENDS_IN_S
    dying.kill()
    dying.join()


def test_a_worker_ends_by_a_signal_that_comes_with_its_start():
    supervisors = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        for _ in range(20):
            sleeping = worker_that(lambda sockets: time.sleep(ENDS_IN_S))
            sleeping.start()
            sleeping.terminate()
            sleeping.process.join(ENDS_IN_S)
            assert sleeping.exitcode == -signal.SIGTERM
    finally:
        signal.signal(signal.SIGTERM, supervisors)


def heavy_after(code, heavy):
    """Return which of some modules are imported once code has run in a process of its own."""
    told = f"{code}; import sys; print([one for one in {heavy} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_worker_that_answers_first_needs_no_framework_and_no_compiler():
    heavy = ["fastapi", "numba", "pydantic", "typer", "gridgeo.app"]
    assert heavy_after("import gridgeo.cli.worker", heavy) == "[]"


@pytest.mark.parametrize("arguments", [["serve"], ["serve", "--port", "8123"]])
def test_a_server_starts_without_the_framework_and_without_typer(arguments):
    start = (
        "import gridgeo.cli, gridgeo.cli.preload, gridgeo.cli.supervisor as s;"
        f"asked = []; s.run = asked.append; gridgeo.cli.main({arguments});"
        f"assert asked == [{int(arguments[-1]) if arguments[1:] else None}]"
    )
    heavy = ["fastapi", "numba", "pydantic", "rich", "typer", "gridgeo.app"]
    assert heavy_after(start, heavy) == "[]"


@pytest.mark.parametrize("port", ["x", "-1", "70000", "", "８０８０"])
def test_a_port_that_is_none_is_refused(port, tmp_path):
    command = [sys.executable, "-m", "gridgeo.cli", "serve", "--port", port]
    environment = {**os.environ, "GRIDGEO_VAR_DIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode in (1, 2)
    assert "port" in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_ctrl_c_before_there_is_a_server_ends_without_a_traceback(monkeypatch):
    def interrupted(port):
        raise KeyboardInterrupt

    monkeypatch.setattr(supervisor, "run", interrupted)
    with pytest.raises(SystemExit) as ended:
        main(["serve"])
    assert ended.value.code == 130
