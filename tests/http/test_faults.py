import json
import re
import threading

import psycopg
import pytest
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from gridgeo.app import create_app
from gridgeo.settings import Secret, Settings

LOCATE = "/locate?lon=113.605&lat=34.705"
KEYS = {"type", "title", "status", "code", "detail", "key", "value", "problems"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def app_with(city_db, tmp_path):
    """The API on the tiny city with other settings and no console; enter it to open its pools."""

    def make(**changes):
        given = {
            "app_dsn": Secret(city_db.app[:]),
            "reader_dsn": Secret(city_db.reader[:]),
            "web_dir": tmp_path / "none",
        }
        app = create_app(Settings(**{**given, **changes}))
        return TestClient(app, raise_server_exceptions=False)

    return make


def problem(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == KEYS
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"]
    return body


def test_every_refusal_is_a_problem_with_a_code(client, app_with):
    problem(client.get("/nothing"), 404, "not_found")
    problem(client.get("/units/nowhere"), 404, "not_found")
    problem(client.delete("/events"), 405, "method_not_allowed")
    problem(client.get("/locate"), 400, "invalid_input")
    problem(client.get("/events"), 401, "unauthorised")
    with app_with() as bare:
        answer = bare.get("/plans/1/publish")
        assert "POST" in answer.headers["Allow"]
        problem(answer, 405, "method_not_allowed")
        problem(bare.get("/"), 404, "not_found")


def test_a_body_that_is_no_json_is_said_so_with_the_place(client):
    said = problem(
        client.post("/locate", content='{"points": [', headers=JSON), 400, "invalid_input"
    )
    assert said["key"] == "body" and "at character 12" in said["detail"]
    problem(client.post("/locate", content=b'{"points": "\xff"}', headers=JSON), 400, "bad_request")
    problem(client.post("/locate", content="1,2", headers={"Content-Type": "text/csv"}), 400,
            "invalid_input")  # fmt: skip


def test_text_that_utf8_cannot_carry_is_refused_and_shown(client, as_role):
    body = json.dumps({"channel": "\ud800"})
    answer = client.post("/events", content=body, headers={**JSON, **as_role("operator")})
    said = problem(answer, 400, "invalid_input")
    assert (said["key"], said["value"]) == ("channel", "\\ud800")


def chunks(count):
    for _ in range(count):
        yield b"x" * 512


def test_a_body_over_the_limit_is_413_declared_or_not(app_with, as_role):
    with app_with(max_body_bytes=2048) as small:
        headers = {**JSON, **as_role("operator")}
        for path in ("/events", "/locate", "/plans"):
            for body in (b"x" * 4096, chunks(8)):
                said = problem(small.post(path, content=body, headers=headers), 413, "too_large")
                assert (said["key"], "2048" in said["detail"]) == ("body", True)
        answer = small.post("/events", content=chunks(8), headers={**headers, "X-Request-Id": "a"})
        assert answer.headers["X-Request-Id"] == "a"
        points = json.dumps({"points": [[113.605, 34.705]]}).ljust(2048).encode()
        whole = [points[:1024], points[1024:]]
        assert small.post("/locate", content=iter(whole), headers=JSON).status_code == 200


def test_a_request_id_is_echoed_when_it_is_safe_and_made_when_it_is_not(client):
    for safe in ("abc-123", "A.b_c", "x" * 64):
        assert (
            client.get("/health/live", headers={"X-Request-Id": safe}).headers["X-Request-Id"]
            == safe
        )
    for unsafe in ("", "a b", "x" * 65, '"}{', "é".encode("latin-1")):
        made = client.get("/health/live", headers={"X-Request-Id": unsafe}).headers["X-Request-Id"]
        assert re.fullmatch("[0-9a-f]{32}", made)
    assert client.get("/nothing").headers["X-Request-Id"]


def test_a_fault_is_answered_logged_and_counted_under_its_request_id(app_with, capsys):
    with app_with(log_format="json") as client:

        @client.app.get("/broken")
        def broken() -> None:
            raise ZeroDivisionError("secret detail")

        answer = client.get("/broken", headers={"X-Request-Id": "fault-7"})
        said = problem(answer, 500, "fault")
        assert answer.headers["X-Request-Id"] == "fault-7"
        assert "secret" not in answer.text and "X-Request-Id" in said["detail"]
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        (fault,) = (line for line in lines if line["event"] == "fault")
        (request,) = (line for line in lines if line["event"] == "request")
        assert fault["request_id"] == request["request_id"] == "fault-7"
        assert "ZeroDivisionError: secret detail" in fault["exception"]
        assert request["status"] == 500
        page = client.get("/metrics").text
        assert 'gridgeo_request_seconds_count{method="GET",route="/broken",status="500"}' in page


def test_each_request_is_one_line_in_the_log_without_its_key(app_with, as_role, capsys):
    with app_with(log_format="console") as client:
        client.get("/versions", headers=as_role("planner"))
        shown = capsys.readouterr().err
        assert "/versions" in shown and "local planner" in shown
    with app_with(log_format="json") as client:
        client.get("/versions/1", headers=as_role("planner"))
        client.get(LOCATE)
        read = capsys.readouterr()
        lines = [json.loads(line) for line in read.err.splitlines()]
    lines = [line for line in lines if line["event"] == "request"]
    assert [(line["route"], line["status"], line["caller"]) for line in lines] == [
        ("/versions/{version}", 200, "local planner"),
        ("/locate", 200, "anonymous"),
    ]
    assert as_role("planner")["Authorization"].removeprefix("Bearer ") not in read.err + read.out


def test_metrics_count_requests_by_route_and_time_them(client):
    client.get("/units/419901001")
    client.get("/units/419901")
    client.request("BREW", "/units/419901")
    page = client.get("/metrics")
    assert page.headers["Content-Type"].startswith("text/plain")
    of = 'method="GET",route="/units/{code}",status="200"'
    assert re.search(rf"gridgeo_request_seconds_count\{{{re.escape(of)}\}} \d", page.text)
    assert f'gridgeo_request_seconds_bucket{{le="0.1",{of}}}' in page.text
    assert "BREW" not in page.text and 'method="other"' in page.text
    assert "419901" not in page.text


def test_metrics_of_several_workers_are_read_from_their_folder(client, monkeypatch, tmp_path):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    page = client.get("/metrics")
    assert (page.status_code, page.text) == (200, "")


def test_health_says_live_always_and_ready_with_a_map(client, app_with, db):
    assert client.get("/health/live").json() == {"status": "live"}
    said = client.get("/health/ready").json()
    assert said == {
        "status": "ready", "version": 1, "head": 1, "stale": False, "seconds_behind": 0.0,
        "tiles": "from_database",
    }  # fmt: skip
    with app_with(app_dsn=Secret(db.app[:]), reader_dsn=Secret(db.reader[:])) as empty:
        assert empty.get("/health/live").status_code == 200
        said = problem(empty.get("/health/ready"), 503, "unavailable")
        assert "gridgeo up" in said["detail"]
        problem(empty.get(LOCATE), 503, "unavailable")


def test_without_a_database_it_lives_and_says_that_the_database_is_away(app_with, as_role):
    nowhere = Secret("host=127.0.0.1 port=1 dbname=x user=x connect_timeout=1")
    away = app_with(app_dsn=nowhere, reader_dsn=nowhere, pool_min_size=0, pool_timeout_s=0.2)
    with away:
        assert away.get("/health/live").status_code == 200
        for path in (LOCATE, "/health/ready", "/tiles/grid/14/1/1.mvt"):
            said = problem(away.get(path), 503, "unavailable")
            assert "gridgeo doctor" in said["detail"] and "127.0.0.1" not in said["detail"]
        problem(away.get("/versions", headers=as_role("planner")), 503, "unavailable")


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"statement_timeout_ms": 100, "lock_timeout_ms": 0}, "timeout"),
        ({"statement_timeout_ms": 0, "lock_timeout_ms": 100}, "busy"),
    ],
)
def test_a_statement_over_its_time_is_503_and_the_next_request_is_answered(
    app_with, city_db, limits, code
):
    with app_with(**limits) as client:
        assert client.get("/versions").status_code == 200
        with psycopg.connect(city_db.owner) as blocking:
            blocking.execute("LOCK TABLE map_version IN ACCESS EXCLUSIVE MODE")
            said = problem(client.get("/versions"), 503, code)
            assert said["key"] is None
        assert client.get("/versions").status_code == 200


def test_text_that_the_database_cannot_hold_is_refused_and_nothing_is_written(client, as_role):
    planner = as_role("planner")
    before = client.get("/plans", headers=planner).json()
    answer = client.post("/plans", json={"title": "a\x00b"}, headers=planner)
    assert "NUL" in problem(answer, 400, "invalid_input")["detail"]
    assert client.get("/plans", headers=planner).json() == before


def test_requests_at_once_keep_their_ids_apart(client):
    seen = {}

    def ask(name):
        seen[name] = client.get(LOCATE, headers={"X-Request-Id": name}).headers["X-Request-Id"]

    threads = [threading.Thread(target=ask, args=(f"id-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {name: name for name in seen} and len(seen) == 8


def test_an_error_of_the_database_that_nobody_foresaw_is_a_fault(app_with, city_db):
    with app_with() as client:

        @client.app.get("/mistaken")
        def mistaken() -> None:
            with psycopg.connect(city_db.reader) as conn:
                conn.execute("SELECT * FROM nothing")

        said = problem(client.get("/mistaken"), 500, "fault")
        assert "nothing" not in said["detail"]


def test_an_answer_that_breaks_off_is_not_answered_twice(app_with):
    with app_with() as client:

        @client.app.get("/torn")
        def torn() -> StreamingResponse:
            return StreamingResponse(iter_then_break())

        assert client.get("/torn").text == "begun"


def iter_then_break():
    yield "begun"
    raise ZeroDivisionError
