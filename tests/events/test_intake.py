from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from gridgeo.geometry.crs import from_wgs84

REPORT = {
    "channel": "hotline_12345",
    "external_id": "2026-000001",
    "category": "06010",
    "lon": 113.605,
    "lat": 34.705,
    "occurred_at": "2026-03-01T08:00:00+08:00",
    "description": "张先生 13812345678 反映: 门口有垃圾",
}


@pytest.fixture
def post(client, as_role):
    """Post the report with some fields changed; None takes a field away."""

    def send(role="dispatcher", **changes):
        body = {k: v for k, v in {**REPORT, **changes}.items() if v is not None}
        return client.post("/events", json=body, headers=as_role(role) if role else {})

    return send


@pytest.fixture
def get(client, as_role):
    return lambda path, **query: client.get(path, params=query, headers=as_role("analyst"))


def test_an_event_comes_back_with_its_home_its_party_its_rule_and_its_versions(post, get, client):
    made = post()
    assert made.status_code == 201
    event = made.json()
    assert made.headers["Location"] == f"/events/{event['event_id']}"
    assert get(made.headers["Location"]).json() == event
    query = {key: REPORT[key] for key in ("lon", "lat", "category")}
    located = client.get("/locate", params=query).json()
    current = event["current"]
    assert current["chain"] == located["placement"]["chain"]
    assert current["unit"] == located["placement"]["unit"]
    assert current["border_m"] == located["placement"]["border"]["distance_m"]
    assert current["party"] == located["assignment"]["party"]
    assert current["rule_id"] == located["assignment"]["rule"]["id"]
    assert current["reason"] == located["assignment"]["reason"]
    assert (current["map_version"], current["rule_set"], current["cause"]) == (1, 1, "intake")
    assert event["history"] == [current]
    assert event["state"] == "reported"
    assert datetime.fromisoformat(event["occurred_at"]) == datetime(2026, 3, 1, tzinfo=UTC)


def test_posted_twice_it_is_one_event(post, get):
    first, again = post(), post(description="the same, in other words")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert len(get("/events").json()["events"]) == 1


def test_the_same_key_with_other_content_is_a_conflict_that_changes_nothing(post, get):
    first = post().json()
    for changes in ({"lon": 113.606}, {"category": "06011"}, {"accuracy_m": 9.0}):
        refused = post(**changes)
        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (409, "duplicate_event")
        assert (problem["key"], problem["value"]) == ("external_id", REPORT["external_id"])
        assert str(first["event_id"]) in problem["detail"]
    assert get(f"/events/{first['event_id']}").json() == first
    other_channel = post(channel="grid_patrol", lon=113.606)
    assert other_channel.status_code == 201


def test_posted_at_once_by_many_it_is_one_event(post, get):
    with ThreadPoolExecutor(6) as many:
        answers = list(many.map(lambda _: post(), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["event_id"] for answer in answers}) == 1
    assert len(get("/events").json()["events"]) == 1


def test_no_phone_number_reaches_the_database(post, city_db):
    event = post().json()
    assert event["description"] == "张先生 *********** 反映: 门口有垃圾"
    with psycopg.connect(city_db.app) as conn:
        rows = conn.execute("SELECT event::text FROM event").fetchall()
    assert all("13812345678" not in row[0] for row in rows)


def test_what_cannot_be_taken_in_is_refused_by_its_key_and_leaves_nothing(post, get):
    for changes, code, key in (
        ({"channel": "pigeon"}, "unknown_value", "channel"),
        ({"category": "nonsense"}, "unknown_value", "category"),
        ({"scheme": "nonsense"}, "unknown_value", "category"),
        ({"occurred_at": "2026-03-01T08:00:00"}, "invalid_input", "occurred_at"),
        ({"occurred_at": "yesterday"}, "invalid_input", "occurred_at"),
        ({"occurred_at": None}, "invalid_input", "occurred_at"),
        ({"lon": None}, "invalid_input", "lon"),
        ({"lon": 200}, "invalid_input", "lon"),
        ({"lon": 34.705, "lat": 113.605}, "swapped_axes", "lon"),
        ({"crs": "mars"}, "unknown_crs", "crs"),
        ({"accuracy_m": -1}, "invalid_input", "accuracy_m"),
        ({"external_id": ""}, "invalid_input", "external_id"),
        ({"description": "x" * 4001}, "invalid_input", "description"),
    ):
        refused = post(**changes)
        assert refused.status_code == 400, refused.text
        assert (refused.json()["code"], refused.json()["key"]) == (code, key)
    nul = post(description="a\x00b")
    assert nul.status_code == 400 and "NUL" in nul.json()["detail"]
    assert get("/events").json() == {"events": [], "next": None}


def test_an_event_outside_the_city_is_kept_with_its_reason(post, get):
    event = post(lon=113.5, lat=34.5).json()
    current = event["current"]
    assert (current["unit"], current["chain"], current["border_m"]) == (None, [], None)
    assert (current["reason"], current["party"]["code"]) == ("outside_city", "D419900-sanitation")
    assert get("/events").json()["events"][0]["unit_code"] is None


def test_an_event_in_another_datum_has_the_same_home(post):
    home = post().json()["current"]["unit"]
    for crs in ("GCJ-02", "BD-09", "EPSG:4547"):
        x, y = from_wgs84(REPORT["lon"], REPORT["lat"], crs)
        event = post(lon=float(x), lat=float(y), crs=crs, external_id=crs).json()
        assert event["point"]["lon"] == pytest.approx(REPORT["lon"], abs=1e-8)
        assert event["point"]["lat"] == pytest.approx(REPORT["lat"], abs=1e-8)
        assert event["current"]["unit"] == home


def test_only_dispatchers_and_operators_write_and_only_staff_reads(post, client, as_role):
    assert post(role=None).status_code == 401
    for role in ("viewer", "planner", "analyst"):
        assert post(role=role).status_code == 403
    assert post(role="operator").status_code == 201
    assert client.get("/events").status_code == 401
    for role, status in (("viewer", 403), ("planner", 200), ("dispatcher", 200)):
        assert client.get("/events", headers=as_role(role)).status_code == status
        assert client.get("/events/1", headers=as_role(role)).status_code in (status, 404)


def listed(get, **query):
    answer = get("/events", **query)
    assert answer.status_code == 200, answer.text
    return [event["event_id"] for event in answer.json()["events"]]


def test_the_list_is_narrowed_by_unit_state_box_and_time_and_paged(post, get, city_db):
    spots = [(113.602, 34.702), (113.606, 34.711), (113.612, 34.706), (113.5, 34.5)] * 3
    made = [post(external_id=str(n), lon=lon, lat=lat).json() for n, (lon, lat) in enumerate(spots)]
    ids = [event["event_id"] for event in made]
    assert listed(get) == sorted(ids, reverse=True)

    for step in range(6):
        code = made[0]["current"]["chain"][step]["code"]
        inside = [e["event_id"] for e in made if code in {u["code"] for u in e["current"]["chain"]}]
        assert listed(get, unit=code) == sorted(inside, reverse=True)

    west = [e["event_id"] for e in made if 113.6 < e["point"]["lon"] < 113.608]
    assert listed(get, bbox="113.6,34.7,113.608,34.713") == sorted(west, reverse=True)

    with psycopg.connect(city_db.app) as conn:
        conn.execute("UPDATE event SET state = 'closed' WHERE event_id = %s", (ids[2],))
    assert listed(get, state="closed") == [ids[2]]
    assert listed(get, state="closed", unit="419901001") == []

    since = made[5]["received_at"]
    later = [e["event_id"] for e in made if e["received_at"] >= since]
    assert listed(get, since=since) == sorted(later, reverse=True)
    future = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert listed(get, since=future) == []

    paged, before = [], None
    while True:
        query = {"limit": 5} | ({} if before is None else {"before": before})
        page = get("/events", **query).json()
        paged += [event["event_id"] for event in page["events"]]
        before = page["next"]
        if before is None:
            break
    assert paged == sorted(ids, reverse=True)


def test_a_list_that_cannot_be_made_is_refused_by_its_key(get):
    for query, status, key in (
        ({"unit": "nowhere"}, 404, "code"),
        ({"state": "forgotten"}, 400, "state"),
        ({"bbox": "1,2,3"}, 400, "bbox"),
        ({"bbox": "nan,nan,nan,nan"}, 400, "bbox"),
        ({"bbox": "114,34,113,35"}, 400, "bbox"),
        ({"since": "yesterday"}, 400, "since"),
        ({"limit": 1001}, 400, "limit"),
        ({"before": 0}, 400, "before"),
    ):
        refused = get("/events", **query)
        assert (refused.status_code, refused.json()["key"]) == (status, key)
    assert get("/events/999999").json()["key"] == "event_id"
    assert get(f"/events/{2**63}").status_code == 400
    assert get("/events/first").status_code == 400
