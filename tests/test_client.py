"""The Python client: the API's answers as dicts, its problems as errors, over one connection."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest
from fastapi.testclient import TestClient

import gridgeo
from gridgeo import client as client_module
from gridgeo.client import Client
from gridgeo.errors import (
    BadInput,
    Forbidden,
    GridgeoError,
    NotFound,
    SwappedAxes,
    Unauthorised,
    Unavailable,
    UnknownKeyword,
)

INSIDE = (113.605, 34.705)


class InProcess:
    """A transport that asks the application in this process."""

    def __init__(self, app: TestClient) -> None:
        self.app = app
        self.asked = []

    def __call__(self, method, target, headers, body):
        self.asked.append((method, target))
        answer = self.app.request(method, target, headers=dict(headers), content=body)
        return answer.status_code, answer.content

    def close(self) -> None:
        self.asked.append("closed")


@pytest.fixture
def transport(shared_client) -> InProcess:
    return InProcess(shared_client)


@pytest.fixture
def ask(transport) -> Client:
    return Client("http://127.0.0.1", transport=transport)


def test_one_point_is_answered_as_by_the_api(ask, shared_client):
    params = {"lon": INSIDE[0], "lat": INSIDE[1]}
    assert ask.locate(*INSIDE) == shared_client.get("/locate", params=params).json()
    known = {**params, "category": "01003", "accuracy_m": 5, "at": 1}
    expected = shared_client.get("/locate", params=known).json()
    assert ask.locate(*INSIDE, category="01003", accuracy_m=5, at=1) == expected


def test_many_points_go_in_chunks_about_one_version(ask, transport, monkeypatch):
    monkeypatch.setattr(client_module, "LEAN_POINTS", 7)
    monkeypatch.setattr(client_module, "FULL_POINTS", 3)
    points = np.random.default_rng(1).uniform((113.59, 34.69), (113.62, 34.72), (50, 2))
    whole = ask.locate_many(points)
    lean = ask.locate_many((tuple(p) for p in points), fields="code,reason")
    assert [row["point"] for row in whole["results"]] == [
        {"lon": lon, "lat": lat} for lon, lat in points.tolist()
    ]
    units = [row["placement"]["unit"] for row in whole["results"]]
    assert [row["code"] for row in lean["results"]] == [u["code"] if u else None for u in units]
    assert whole["version"] == lean["version"] == 1
    assert transport.asked == [("POST", "/locate")] * (17 + 8)
    assert ask.locate_many(points, fields=["code"], category=None)["version"] == 1


def test_a_publication_between_two_chunks_does_not_mix_versions(monkeypatch):
    monkeypatch.setattr(client_module, "FULL_POINTS", 1)
    bodies = []

    class Moving(InProcess):
        def __call__(self, method, target, headers, body):
            bodies.append(json.loads(body))
            answer = {"results": [{}], "version": 4}
            return 200, json.dumps(answer).encode()

    moving = Moving(None)
    Client("http://x", transport=moving).locate_many([INSIDE] * 3)
    assert [body.get("at") for body in bodies] == [None, "4", "4"]
    bodies.clear()
    Client("http://x", transport=moving).locate_many([INSIDE] * 2, at="2026-01-01T00:00:00Z")
    assert [body["at"] for body in bodies] == ["2026-01-01T00:00:00Z"] * 2


def test_a_bad_point_is_an_error_in_its_row(ask):
    points = [INSIDE, (float("nan"), 34.7), INSIDE[::-1], (181.0, 0.0)]
    rows = ask.locate_many(points, fields="code")["results"]
    assert rows[0]["code"]
    assert [row["error"]["code"] for row in rows[1:]] == [
        "invalid_input", "swapped_axes", "invalid_input",
    ]  # fmt: skip


def test_no_points_have_a_version_all_the_same(ask):
    assert ask.locate_many([]) == {"results": [], "version": 1}


def test_units_and_search_are_those_of_the_api(ask, shared_client):
    code = ask.locate(*INSIDE)["placement"]["unit"]["code"]
    assert ask.unit(code) == shared_client.get(f"/units/{code}").json()
    listed = ask.units(level="grid", cover=True, limit=3, after=None)
    assert listed["numberReturned"] == 3
    assert ask.search(code, limit=1)["results"][0]["code"] == code


@pytest.mark.parametrize(
    ("call", "kind", "key"),
    [
        (lambda ask: ask.locate(*INSIDE[::-1]), SwappedAxes, "lon"),
        (lambda ask: ask.locate(200.0, 0.0), BadInput, "lon"),
        (lambda ask: ask.unit("no such unit"), NotFound, "code"),
        (lambda ask: ask.unit("1", at=99), NotFound, "at"),
        (lambda ask: ask.locate_many([INSIDE], fields="colour"), UnknownKeyword, "fields"),
        (lambda ask: ask.units(level="street"), UnknownKeyword, "level"),
    ],
)
def test_a_refusal_is_the_error_of_its_code(ask, call, kind, key):
    with pytest.raises(kind) as caught:
        call(ask)
    assert (caught.value.code, caught.value.key) == (kind.code, key)
    assert isinstance(caught.value, gridgeo.GridgeoError)
    assert caught.value.detail


def test_an_unknown_code_is_kept_in_a_plain_error(ask):
    error = client_module.error_of({"code": "unknown_crs", "detail": "no", "key": "crs"})
    assert (type(error), error.code, error.key, str(error)) == (
        GridgeoError, "unknown_crs", "crs", "no",
    )  # fmt: skip
    assert GridgeoError.code == "error"
    with pytest.raises(GridgeoError) as caught:
        ask.locate(1, 1, crs="EPSG:1")
    assert caught.value.code == "unknown_crs"


def test_a_key_is_sent_and_judged(transport, tiny_template):
    def devices(key):
        return Client("http://x", key, transport=transport)._get("/devices/nearest", lon=1, lat=1)

    assert devices(tiny_template.keys["operator"])["devices"] == []
    for key, kind in ((tiny_template.keys["viewer"], Forbidden), ("gg_wrong", Unauthorised)):
        with pytest.raises(kind):
            devices(key)


def test_leaving_the_block_closes_the_connection(transport):
    with Client("http://x", transport=transport) as ask:
        ask.search("x")
    assert transport.asked[-1] == "closed"


# --- the connection ----------------------------------------------------------------------------


@contextmanager
def served(answers, keep_alive=True) -> Iterator[tuple[str, list]]:
    """A server that gives prepared answers, one after the other; with what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append((self.path, self.client_address, self.headers.get("Authorization")))
            status, body = answers[len(asked) - 1]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = not keep_alive

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


def test_one_connection_serves_many_questions():
    with served([(200, b'{"results": []}')] * 3) as (url, asked):
        with Client(url + "/city/", "gg_k") as ask:
            for word in ("a", "建 中&", "c"):
                assert ask.search(word) == {"results": []}
    assert {address for _, address, _ in asked} == {asked[0][1]}
    assert asked[1][0] == "/city/search?q=%E5%BB%BA+%E4%B8%AD%26&limit=10"
    assert asked[0][2] == "Bearer gg_k"


def test_a_connection_that_the_server_closed_is_opened_again():
    with served([(200, b"{}")] * 3, keep_alive=False) as (url, asked):
        with Client(url) as ask:
            assert [ask.search("a") for _ in range(3)] == [{}] * 3
    assert len({address for _, address, _ in asked}) == 3


def test_nobody_there_and_no_json_are_told_apart():
    with served([(200, b"<html>")]) as (url, _), Client(url) as ask:
        with pytest.raises(Unavailable, match="no JSON"):
            ask.search("a")
    with Client(url, timeout_s=2) as ask, pytest.raises(Unavailable, match="No answer") as caught:
        ask.search("a")
    assert caught.value.key == "url"


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://x", "http://", ""])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(BadInput):
        Client(url)


# --- the package -------------------------------------------------------------------------------


def test_the_package_offers_its_names_and_no_others():
    assert {"Client", "GridgeoError", "open_city", "place_frame"} <= set(gridgeo.__all__)
    assert all(getattr(gridgeo, name) is not None for name in gridgeo.__all__)
    assert gridgeo.Client is Client
    with pytest.raises(AttributeError, match="colour"):
        gridgeo.colour  # noqa: B018  # the attribute is what fails


def test_importing_the_package_imports_nothing_heavy(run_python):
    code = (
        "import sys, gridgeo; heavy = {'numpy', 'psycopg', 'geopandas', 'fastapi', 'shapely'};"
        "assert not heavy & set(sys.modules); gridgeo.Client;"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    run_python(code)


def test_the_server_does_not_import_geopandas(run_python):
    run_python("import sys, gridgeo.app; assert 'geopandas' not in sys.modules")


@pytest.fixture
def run_python():
    return lambda code: subprocess.run([sys.executable, "-c", code], check=True)
