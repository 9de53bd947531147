"""A change of rules is one rule set, all or nothing, live within a second; the past stays."""

import threading
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from databases import client_on

from gridgeo.parties.calendars import Shift, ShiftCalendar
from gridgeo.parties.changing import changes_of_set, publish_changes, set_contacts
from gridgeo.parties.store import load_rule_set, rule_set_at
from gridgeo.parties.written import ChangeSet, NewAttachment, NewParty, NewRule

CITY, COMMUNITY = "419900", "419901001001"
CENTRE = {"lon": 113.605, "lat": 34.705}
DESK = {"code": "P-desk", "name": "值班室", "kind": "night_desk", "contact": "0371-1"}
DEADLINE_S = 60.0


@pytest.fixture
def client(city_db):
    with client_on(city_db) as test_client:
        yield test_client


@pytest.fixture
def change(client, as_role):
    return lambda **body: client.post("/rules", json=body, headers=as_role("operator"))


def until(holds):
    deadline = time.monotonic() + DEADLINE_S
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def now():
    return datetime.now(UTC).isoformat()


def test_a_change_is_live_at_once_and_every_answer_before_it_comes_again(client, change, as_role):
    report = {
        "channel": "hotline_12345", "external_id": "1", "category": "06010", **CENTRE,
        "occurred_at": "2026-11-22T09:00:00+08:00",
    }  # fmt: skip
    ask = {**CENTRE, "category": "06010"}

    def assigned(**more):
        return client.get("/locate", params={**ask, **more}).json()["assignment"]

    leaf = client.get("/locate", params=CENTRE).json()["placement"]["unit"]["code"]
    event = client.post("/events", json=report, headers=as_role("dispatcher")).json()
    before, then = assigned(), now()
    rule = {
        "unit": leaf, "party": "P-desk", "category_scheme": "gbt47678", "category": "06",
        "reports_to_kind": "residents_committee", "mode": None, "priority": 9,
    }  # fmt: skip
    made = change(parties=[DESK], rules=[rule], note="a desk")
    assert (made.status_code, made.json()) == (201, {"rule_set": 2})
    assert until(lambda: assigned()["party"]["code"] == "P-desk")
    after = assigned()
    assert (after["rule"]["rule_set"], after["rule"]["scope"], after["reason"]) == (
        2, leaf, "unit_rule",
    )  # fmt: skip
    assert [one["relation"] for one in after["seconds"]] == ["reports_to"]
    assert assigned(at=then) == before
    explained = client.get("/assign/explain", params={**ask, "at": then}).json()
    assert explained["answer"]["assignment"] == before
    kept = client.get(f"/events/{event['event_id']}", headers=as_role("dispatcher")).json()
    assert kept["current"]["rule_set"] == 1
    assert kept["current"]["party"] == before["party"]
    asked = {**ask, "at": kept["current"]["decided_at"]}
    again = client.get("/assign/explain", params=asked).json()["answer"]["assignment"]
    assert (again["rule"]["id"], again["party"]) == (kept["current"]["rule_id"], before["party"])
    later = client.post(
        "/events", json={**report, "external_id": "2"}, headers=as_role("dispatcher")
    ).json()["current"]
    assert (later["party"]["code"], later["rule_set"]) == ("P-desk", 2)
    assert later["seconds"] == after["seconds"]
    assert change(end_rules=[after["rule"]["id"]]).json() == {"rule_set": 3}
    assert until(lambda: assigned()["party"] == before["party"])


def test_a_broken_change_names_every_fault_and_changes_nothing(client, change):
    rules = [
        {"unit": "nowhere", "party": "P-desk"},
        {"unit": CITY, "exclusive_grid": "x", "party": "nobody"},
        {"unit": CITY, "party_kind": "k", "mode": "party time", "category_scheme": "s",
         "category": "1", "shift_calendar": "c", "shift": "s"},
        {"asset_kind": "road", "party": "P-desk", "reports_to": "P-desk", "reports_to_kind": "k"},
        {"unit": CITY},
    ]  # fmt: skip
    refused = change(
        parties=[{**DESK, "superior": "none"}], rules=rules, end_rules=[9_999],
        attached=[{"party": "P-desk"}],
        mappings=[{"scheme": "a", "category": "1", "to_scheme": "b", "to_category": "1"}],
    )  # fmt: skip
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "refused")
    assert {(one["where"], one["key"]) for one in problem["problems"]} == {
        ("parties[0]", "party"), ("attached[0]", "place"), ("mappings[0]", "category"),
        ("rules[0]", "unit"), ("rules[1]", "scope"), ("rules[1]", "party"),
        ("rules[1]", "exclusive_grid"), ("rules[2]", "mode"), ("rules[2]", "category"),
        ("rules[2]", "shift"), ("rules[3]", "tolerance_m"), ("rules[3]", "reports_to"),
        ("rules[4]", "party"), ("end_rules", "rule"),
    }  # fmt: skip
    assert client.get("/rules?limit=1").json()["rule_set"] == 1
    assert client.get("/parties?q=值班室").json()["parties"] == []


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ({"weekdays": [8]}, "weekdays"),
        ({"shift": "day"}, "shift"),
        ({"valid_from": "2026-01-02T00:00:00Z", "valid_to": "2026-01-01T00:00:00Z"}, "valid_to"),
        ({"colour": "red"}, "rules.0.colour"),
        ({"tolerance_m": -1}, "rules.0.tolerance_m"),
    ],
)
def test_a_malformed_rule_is_refused_by_its_key(shared_client, as_role, rule, key):
    body = {"rules": [{"unit": CITY, "party": "P", **rule}]}
    refused = shared_client.post("/rules", json=body, headers=as_role("operator"))
    assert refused.status_code in (400, 422)
    assert refused.json()["key"] == key


def test_only_operators_change_rules_and_modes(shared_client, as_role):
    for path, body in (("/rules", {}), ("/parties", []), ("/modes", {"mode": "emergency"})):
        assert shared_client.post(path, json=body).status_code == 401
        headers = as_role("planner")
        assert shared_client.post(path, json=body, headers=headers).status_code == 403


def test_the_city_always_keeps_a_lead_for_everything(client, change):
    rules = client.get("/rules", params={"unit": CITY, "limit": 1000}).json()["rules"]
    bare = [
        rule["rule_id"] for rule in rules
        if not (rule["category"] or rule["mode"] or rule["shift"] or rule["party_kind"])
    ]  # fmt: skip
    refused = change(end_rules=bare)
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["value"] == CITY


# --- sets by values ------------------------------------------------------------------------------


def test_a_set_said_again_changes_nothing_but_its_number(city_conn):
    whole = changes_of_set(city_conn)
    number = publish_changes(city_conn, whole, "test")
    first, again = (load_rule_set(city_conn, n, datetime.now(UTC)) for n in (1, number))
    assert number == 2
    assert list(first.rules()) == list(again.rules())
    assert (first.attached, first.categories, first.calendars, first.parties) == (
        again.attached, again.categories, again.calendars, again.parties,
    )  # fmt: skip
    [rows] = city_conn.execute("SELECT count(*) FROM responsibility_rule").fetchone()
    assert rows == len(whole.rules)


def test_a_whole_set_ends_what_it_does_not_say(city_conn):
    whole = changes_of_set(city_conn)
    calendar = ShiftCalendar("new", "", (Shift("all day", frozenset(range(1, 8)), 0, 0),))
    plain = NewRule(party_code=f"U{CITY}", unit_code=CITY)
    said = ChangeSet(
        rules=[plain, NewRule(party_kind="night_desk", unit_code=CITY)],
        parties=[NewParty("P-desk", "desk", "night_desk")],
        attached=[NewAttachment("P-desk", COMMUNITY)], shifts=[calendar], replace=True,
    )  # fmt: skip
    publish_changes(city_conn, said, "test")
    now_held = changes_of_set(city_conn)
    assert set(now_held.rules) == set(said.rules)
    assert list(now_held.attached) == list(said.attached)
    assert (list(now_held.shifts), now_held.days, list(now_held.mappings)) == ([calendar], {}, [])
    assert len(now_held.parties) == len(whole.parties) + 1
    publish_changes(city_conn, whole, "test")
    assert set(changes_of_set(city_conn).rules) == set(whole.rules)


def test_what_a_party_was_is_kept_for_the_sets_of_then(city_conn):
    code = f"U{COMMUNITY}"
    set_contacts(city_conn, {code: "new desk", "nobody": "x"}, "test")
    set_contacts(city_conn, {code: "newer desk"}, "test")
    set_contacts(city_conn, {code: "newer desk"}, "test")
    parties = [NewParty(code, "renamed", "office", "newer desk", superior_code=f"U{CITY}")]
    publish_changes(city_conn, ChangeSet(parties=parties), "test")
    states = []
    for number in (1, 2, 3, 4):
        rules = load_rule_set(city_conn, number, datetime.now(UTC))
        party = next(one for one in rules.parties.values() if one.code == code)
        states.append((party.contact, party.kind, party.superior_id is not None))
    assert [kind for _, kind, _ in states] == ["residents_committee"] * 3 + ["office"]
    assert [contact for contact, _, _ in states[1:]] == ["new desk", "newer desk", "newer desk"]
    assert [has_superior for *_, has_superior in states][-1]
    assert rule_set_at(city_conn, datetime.now(UTC))[0] == 4


def test_changes_at_once_become_one_set_after_the_other(city_db):
    def add(number):
        with psycopg.connect(city_db.app) as conn:
            party = NewParty(f"P{number}", "p", "office")
            made.append(publish_changes(conn, ChangeSet(parties=[party]), "test"))

    made = []
    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [2, 3, 4, 5, 6, 7]


# --- modes ---------------------------------------------------------------------------------------

ZONE = {
    "type": "Polygon",
    "coordinates": [[[113.604, 34.704], [113.606, 34.704], [113.606, 34.706], [113.604, 34.706],
                     [113.604, 34.704]]],
}  # fmt: skip
BESIDE = {"lon": 113.6065, "lat": 34.705}


@pytest.fixture
def switch(client, as_role):
    return lambda **body: client.post("/modes", json=body, headers=as_role("operator"))


def test_an_event_zone_on_for_six_hours_decides_during_them_and_only_there(client, change, switch):
    guard = {"unit": CITY, "party": "P-desk", "mode": "holiday"}
    assert change(parties=[DESK], rules=[guard]).status_code == 201
    begin = datetime.now(UTC) + timedelta(hours=1)
    hours = {"starts_at": begin.isoformat(), "ends_at": (begin + timedelta(hours=6)).isoformat()}
    assert switch(mode="holiday", area=ZONE, **hours).status_code == 201

    def explained(point, **after_begin):
        at = (begin + timedelta(**after_begin)).isoformat()
        return client.get("/assign/explain", params={**point, "at": at}).json()

    before, during, after = (explained(CENTRE, hours=hour) for hour in (-0.5, 3, 6))
    assert during["modes"] == ["holiday"]
    found = during["answer"]["assignment"]
    assert (found["party"]["code"], found["reason"], found["mode"]) == (
        "P-desk", "operating_mode", "holiday",
    )  # fmt: skip
    assert not found["fallback"]
    assert before["modes"] == after["modes"] == explained(BESIDE, hours=3)["modes"] == []
    assert before["answer"]["assignment"] == after["answer"]["assignment"]
    pretended = client.get("/assign/explain", params={**BESIDE, "mode": "holiday"}).json()
    assert pretended["answer"]["assignment"] == found


def test_a_mode_is_live_at_once_and_off_again_and_the_past_is_kept(client, change, switch):
    guard = {"unit": CITY, "party": "P-desk", "mode": "holiday"}
    change(parties=[DESK], rules=[guard])

    def party(**more):
        answer = client.get("/locate", params={**CENTRE, **more}).json()
        return answer["assignment"]["party"]["code"]

    usual = party()
    period = switch(mode="holiday", units=[COMMUNITY[:9]], note="night").json()["period_id"]
    assert until(lambda: party() == "P-desk")
    during = now()
    assert switch(period_id=period).json() == {"period_id": period}
    assert until(lambda: party() == usual)
    assert party(at=during) == "P-desk"
    listed = client.get("/modes").json()["periods"]
    assert [(row["units"], row["switched_off_by"] is None) for row in listed] == [
        ([COMMUNITY[:9]], False)
    ]
    assert client.get("/modes", params={"at": now()}).json()["periods"] == []
    ended = switch(period_id=period)
    assert (ended.status_code, ended.json()["code"]) == (409, "state_conflict")


@pytest.mark.parametrize(
    ("body", "status", "key"),
    [
        ({}, 400, "mode"),
        ({"mode": "emergency", "period_id": 1}, 400, "mode"),
        ({"mode": "daily"}, 400, "mode"),
        ({"mode": "panic"}, 400, "mode"),
        ({"mode": "emergency", "units": ["nowhere"]}, 400, "units"),
        ({"mode": "emergency", "area": {"type": "Point", "coordinates": [1, 2]}}, 400, "area"),
        ({"mode": "emergency", "area": {"type": "Polygon"}}, 400, "area"),
        ({"mode": "emergency", "area": ZONE, "units": [CITY]}, 400, "area"),
        ({"mode": "emergency", "ends_at": "2020-01-01T00:00:00Z"}, 400, "ends_at"),
        (
            {
                "mode": "emergency",
                "starts_at": "2019-01-01T00:00:00Z",
                "ends_at": "2020-01-01T00:00:00Z",
            },
            400,
            "ends_at",
        ),
        ({"period_id": 77}, 409, "period_id"),
    ],
)
def test_a_switch_that_cannot_be_is_refused_by_its_key(shared_client, as_role, body, status, key):
    refused = shared_client.post("/modes", json=body, headers=as_role("operator"))
    assert (refused.status_code, refused.json()["key"]) == (status, key)


def test_a_mode_cannot_be_asked_for_that_nobody_knows(shared_client):
    refused = shared_client.get("/assign/explain", params={**CENTRE, "mode": "panic"})
    assert (refused.status_code, refused.json()["key"]) == (400, "mode")


def test_posts_of_the_place_are_told_and_whether_their_shift_runs(shared_client):
    posts = shared_client.get("/assign/explain", params=CENTRE).json()["posts"]
    leaf = shared_client.get("/locate", params=CENTRE).json()["placement"]["unit"]["code"]
    assert leaf in {post["unit"] for post in posts}
    assert {post["on_duty"] for post in posts} <= {True, False}
