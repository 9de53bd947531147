"""Pages of other hosts may read what anybody may read."""

import pytest

ORIGIN = {"Origin": "https://map.example.cn"}
TILE = "/tiles/micro_grid/14/13360/6530.mvt"


@pytest.fixture(scope="module")
def client(shared_client):
    return shared_client


@pytest.mark.parametrize(
    "path",
    [
        TILE, TILE + "?at=1", "/tiles/micro_grid.json", "/styles/day.json",
        "/locate?lon=113.605&lat=34.705", "/units?level=grid", "/versions", "/openapi.json",
        "/tiles/colour/1/1/1.mvt",
    ],
)  # fmt: skip
def test_an_answer_may_be_read_by_a_page_of_any_host(client, path):
    answer = client.get(path, headers=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("headers", ["if-none-match", "authorization, if-none-match", ""])
def test_a_browser_that_asks_before_may_send_a_key_and_an_etag(client, headers):
    asked = {**ORIGIN, "Access-Control-Request-Method": "GET"}
    asked |= {"Access-Control-Request-Headers": headers} if headers else {}
    answer = client.options(TILE, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert int(answer.headers["Access-Control-Max-Age"]) >= 3600


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_page_of_another_host_may_change_nothing(client, method):
    asked = {**ORIGIN, "Access-Control-Request-Method": method}
    answer = client.options("/plans", headers=asked)
    assert answer.status_code == 400
    assert method not in answer.headers["Access-Control-Allow-Methods"]


def test_a_shortcut_says_so_too_and_once(client):
    answer = client.get("/locate?lon=113.605&lat=34.705", headers=ORIGIN)
    assert answer.headers.get_list("Access-Control-Allow-Origin") == ["*"]


def test_who_refuses_gzip_gets_it_plain(client):
    for accepted, coding in (("gzip", "gzip"), ("gzip;q=0", None), ("identity", None)):
        answer = client.get("/openapi.json", headers={"Accept-Encoding": accepted})
        assert answer.headers.get("Content-Encoding") == coding
        assert "Accept-Encoding" in answer.headers["Vary"]
