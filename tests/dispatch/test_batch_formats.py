"""The same answers in every form: GET, JSON, NDJSON, CSV; whole and lean."""

import asyncio
import csv
import io
import json

import numpy as np
import pytest
import shapely

from gridgeo.dispatch import reply
from gridgeo.dispatch.batch import AT_ONCE, Ask, place_rows
from gridgeo.dispatch.formats import WHOLE_COLUMNS
from gridgeo.errors import BadInput

NDJSON = {"Content-Type": "application/x-ndjson"}
CSV = {"Content-Type": "text/csv"}
POINT = {"lon": 113.605, "lat": 34.705}
FIELDS = "code,level,name,reason"


@pytest.fixture(scope="module")
def places(tiny_template):
    """Corners of the map, places in and around it, and lon with lat exchanged, (n, 2)."""
    shapes = [leaf.shape for leaf in tiny_template.made.leaves]
    corners = np.unique(shapely.get_coordinates(shapes), axis=0)
    chance = np.random.default_rng(7)
    about = chance.uniform((113.5995, 34.6995), (113.6165, 34.7135), (60, 2)).round(7)
    return [*chance.permutation(corners)[:60].tolist(), *about.tolist(), [34.705, 113.605]]


def lines(points):
    return "\n".join(json.dumps(point) for point in points)


def table(points, header="id,lon,note,lat"):
    rows = [f'{row},{x!r},"a, {row}",{y!r}' for row, (x, y) in enumerate(points)]
    return "\r\n".join([header, *rows])


def asked_alone(client, point, **query):
    answer = client.get("/locate", params={"lon": point[0], "lat": point[1], **query})
    if answer.status_code == 200:
        return answer.json()
    body = answer.json()
    return {"error": {key: body[key] for key in ("code", "detail", "key", "value")}}


def test_every_form_gives_the_answers_that_each_point_gets_alone(client, places):
    alone = [asked_alone(client, point) for point in places]
    by_json = client.post("/locate", json={"points": places}).json()
    assert by_json == {"results": alone, "version": 1}
    by_line = client.post("/locate", content=lines(places), headers=NDJSON)
    assert by_line.headers["Content-Type"] == "application/x-ndjson"
    assert by_line.headers["X-Map-Version"] == "1"
    assert [json.loads(line) for line in by_line.text.splitlines()] == alone
    by_row = client.post("/locate", content=table(places), headers=CSV)
    assert by_row.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(by_row.text)))
    for number, (row, whole) in enumerate(zip(rows, alone, strict=True)):
        assert (row["id"], row["note"]) == (str(number), f"a, {number}")
        assert row["error"] == (
            f"{whole['error']['code']}: {whole['error']['detail']}" if "error" in whole else ""
        )
        if "error" not in whole:
            assert_same(row, whole)


def assert_same(row, whole):
    placement, border = whole["placement"], whole["placement"]["border"] or {}
    unit = placement["unit"] or {"code": "", "level": "", "name": ""}
    assert {key: row[key] for key in unit} == unit
    assert row["reason"] == (placement["reason"] or "")
    assert row["border_m"] == str(border.get("distance_m", ""))
    assert row["neighbour"] == (border.get("neighbour") or {"code": ""})["code"]
    assert row["party"] == whole["assignment"]["party"]["code"]
    assert (row["decision"], row["version"]) == (whole["decision"], str(whole["version"]))


def test_the_lean_form_says_the_same_in_every_form(client, places):
    whole = client.post("/locate", json={"points": places}).json()["results"]
    query = {"fields": FIELDS}
    by_json = client.post("/locate", json={"points": places, "fields": FIELDS}).json()["results"]
    by_line = client.post("/locate", content=lines(places), headers=NDJSON, params=query)
    assert [json.loads(line) for line in by_line.text.splitlines()] == by_json
    by_row = client.post("/locate", content=table(places), headers=CSV, params=query)
    rows = list(csv.DictReader(io.StringIO(by_row.text)))
    for answer, lean, row, point in zip(whole, by_json, rows, places, strict=True):
        if "error" in answer:
            assert lean == answer and row["error"]
            continue
        unit = answer["placement"]["unit"] or {"code": None, "level": None, "name": None}
        assert lean == {**unit, "reason": answer["placement"]["reason"]}
        assert {key: row[key] or None for key in lean} == lean
        assert asked_alone(client, point, **query) == {**lean, "version": 1}


def test_a_point_may_be_a_pair_an_object_or_geojson(client):
    lon, lat = POINT.values()
    geometry = {"type": "Point", "coordinates": [lon, lat]}
    forms = [[lon, lat], POINT, geometry, {"type": "Feature", "geometry": geometry}]
    answers = client.post("/locate", json={"points": forms, "fields": "code"}).json()["results"]
    assert len({answer["code"] for answer in answers}) == 1
    wrong = [
        {}, {"lon": lon}, {"type": "Point"}, {"type": "Point", "coordinates": {}},
        {"type": "Feature", "geometry": None}, {"lon": "113", "lat": True}, [[lon, lat]],
    ]  # fmt: skip
    for fields in (None, "code"):
        body = {"points": wrong, "fields": fields}
        for answer in client.post("/locate", json=body).json()["results"]:
            assert answer["error"]["code"] == "invalid_input"


def test_a_bad_line_or_row_is_an_error_in_its_place(client):
    text = f"[113.605, 34.705]\n\nno json\n{'[' * 100_000}\n{'9' * 5000}\n[113.605, 34.705]"
    answers = client.post("/locate?fields=code", content=text, headers=NDJSON).text.splitlines()
    codes = [json.loads(line).get("error", {}).get("code") for line in answers]
    assert codes == [None, "invalid_input", "invalid_input", "invalid_input", None]
    text = "lon,lat,name\n113.605,34.705,a\n113.605\n,,b\nx,34.7,c\n1,2,3,4\n\n113.605,34.705,d\n"
    answer = client.post("/locate?fields=code,name", content=text, headers=CSV)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(rows[0]) == ["lon", "lat", "name", "code", "grid_name", "error"]
    assert [row["name"] for row in rows] == ["a", "", "b", "c", "3", "d"]
    assert [bool(row["error"]) for row in rows] == [False, True, True, True, True, False]


def test_accept_names_another_form_than_that_of_the_body(client):
    body = {"points": [list(POINT.values())]}
    wanted = {"Accept": "application/problem+json, text/csv;q=0.9"}
    header, row = csv.reader(io.StringIO(client.post("/locate", json=body, headers=wanted).text))
    assert tuple(header) == (*WHOLE_COLUMNS, "error") and len(row) == len(header)
    as_json = {**CSV, "Accept": "application/json"}
    answer = client.post(
        "/locate?fields=code", content="lon,lat\n113.605,34.705\n", headers=as_json
    )
    assert set(answer.json()) == {"results", "version"}


def test_parameters_name_columns_system_category_and_time(client):
    text = "y,x,e\n34.705,113.605,1\n"
    columns = {"x": "x", "y": "y"}
    given = {**columns, "category": "06010", "at": "1", "crs": "EPSG:4490"}
    answer = client.post("/locate", content=text, headers=CSV, params=given)
    (row,) = csv.DictReader(io.StringIO(answer.text))
    alone = client.get("/locate", params={**POINT, "category": "06010"}).json()
    assert row["party"] == alone["assignment"]["party"]["code"]
    assert row["rule_reason"] == "unit_rule"


@pytest.mark.parametrize("form", [NDJSON, CSV])
def test_what_is_wrong_with_a_whole_text_refuses_it_whole(client, form):
    good = "lon,lat\n113.605,34.705\n" if form is CSV else "[113.605, 34.705]\n"
    for query, status, key in (
        ("crs=mars", 400, "crs"), ("fields=colour", 400, "fields"), ("at=never", 400, "at"),
        ("category=no", 400, "category"),
    ):  # fmt: skip
        answer = client.post(f"/locate?{query}", content=good, headers=form)
        assert (answer.status_code, answer.json()["key"]) == (status, key)
    many = good.splitlines()[0] + "\n" + (good.splitlines()[-1] + "\n") * 100_001
    answer = client.post("/locate?fields=code", content=many, headers=form)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_text_that_is_no_table_is_refused(client):
    for text, key in (
        (b"", "x"), (b"a,b\n1,2\n", "x"), (b"lon,lon,lat\n", "x"), (b"lon,b\n", "y"),
        (b"lon,lat\n\xff,1\n", "body"), (b'lon,lat\n"1,2\n', "body"),
    ):  # fmt: skip
        answer = client.post("/locate", content=text, headers=CSV)
        assert (answer.status_code, answer.json()["key"]) == (400, key), text
    answer = client.post("/locate", content=b"<x/>", headers={"Content-Type": "text/xml"})
    assert (answer.status_code, answer.json()["key"]) == (400, "Content-Type")


def test_no_points_are_no_answers(client):
    assert client.post("/locate", content=b"", headers=NDJSON).text == ""
    answer = client.post("/locate?fields=code", content=b"\xef\xbb\xbflon,lat\r\n", headers=CSV)
    assert answer.text == "lon,lat,code,error\r\n"


def test_an_answer_is_not_sent_again_while_its_etag_holds(client):
    for query in (POINT, {**POINT, "at": "1"}, {**POINT, "fields": "code"}):
        first = client.get("/locate", params=query)
        etag = first.headers["ETag"]
        assert etag.startswith('W/"1.1.') and first.headers["Cache-Control"] == "no-cache"
        for known in (etag, f'"x", {etag}', etag.removeprefix("W/"), "*"):
            again = client.get("/locate", params=query, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["ETag"] == etag
        other = client.get("/locate", params=query, headers={"If-None-Match": 'W/"1.1.0"'})
        assert other.status_code == 200
    elsewhere = client.get("/locate", params={"lon": 113.606, "lat": 34.706})
    assert elsewhere.headers["ETag"] != client.get("/locate", params=POINT).headers["ETag"]


def test_the_quick_way_and_the_endpoint_answer_alike(client, as_role, places):
    def both(query):
        key = as_role("viewer")
        return [client.get("/locate", params=query, headers=headers) for headers in ({}, key)]

    client.get("/locate", params={**POINT, "category": "06010"})
    for lon, lat in places[::4]:
        for more in ({}, {"category": "06010"}):
            quick, slow = both({"lon": lon, "lat": lat, **more})
            assert (quick.status_code, quick.json()) == (slow.status_code, slow.json())
    for odd in ("1e2", "+113.6", " 113.6", "１１３.6", "113.6_0", "0x1p3", "1" * 400):
        quick, slow = both({"lon": odd, "lat": "34.7"})
        assert (quick.status_code, quick.json()) == (slow.status_code, slow.json()), odd


def test_head_has_the_headers_of_get(client):
    for query in (POINT, {**POINT, "at": "1"}):
        head, get = client.head("/locate", params=query), client.get("/locate", params=query)
        assert head.status_code == 200 and head.headers["ETag"] == get.headers["ETag"]


def test_a_place_that_no_projection_reaches_has_its_nearest_leaf_too(client):
    for lon, lat in ((24.0, 0.0), (-66.0, -34.7), (0.0, 0.0), (180.0, 90.0)):
        placement = client.get("/locate", params={"lon": lon, "lat": lat}).json()["placement"]
        assert 5e6 < placement["nearest"]["distance_m"] < 2.01e7


def test_rows_are_read_no_further_ahead_than_they_are_asked_for(client):
    desk = client.app.state.live.current()
    read = []

    def points():
        for number in range(10 * AT_ONCE):
            read.append(number)
            yield [113.605, 34.705]

    rows = place_rows(desk, points(), Ask(fields=("code",)))
    next(rows)
    assert len(read) == AT_ONCE


def test_a_point_that_could_not_be_read_keeps_its_place(client):
    desk = client.app.state.live.current()
    points = [[113.605, 34.705], BadInput("unreadable", key="points", value="?")]
    _, error = place_rows(desk, points, Ask(fields=("code",)))
    assert error["error"]["detail"] == "unreadable"


def test_a_client_that_takes_no_answer_is_given_up(monkeypatch):
    monkeypatch.setattr(reply, "SEND_S", 0.05)
    made = []

    def parts():
        for number in range(1000):
            made.append(number)
            yield b"x"

    async def send(message):
        if message["type"] == "http.response.body":
            await asyncio.sleep(60)

    stream = reply.BoundedStream(parts(), "text/csv", 1)
    asyncio.run(stream.stream_response(send))
    assert len(made) < 5
