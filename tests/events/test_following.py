"""After a border moves, all that stands on the map is in its new home."""

from collections import Counter
from dataclasses import dataclass

import psycopg
import pytest
import shapely

from gridgeo.app import FOLLOWERS
from gridgeo.units.model import Publication
from gridgeo.units.store import head_version

FACES = [
    *({"by": "unit", "level": level}
      for level in ("city", "district", "township", "community", "grid", "micro_grid")),
    {"by": "h3", "res": 7}, {"by": "h3", "res": 10},
]  # fmt: skip


@dataclass(frozen=True)
class Move:
    """A shared corner, its new place, and a point whose leaf that changes."""

    at: tuple[float, float]
    to: tuple[float, float]
    point: tuple[float, float]
    old_home: str
    new_home: str


def moved(shape, at, to):
    return shapely.transform(shape, lambda xy: [to if tuple(c) == at else tuple(c) for c in xy])


def moves(made):
    """Every simple move of a corner between two leaves, a quarter of the way into the first."""
    leaves = {leaf.code: leaf.shape for leaf in made.leaves}
    outline = shapely.union_all(list(leaves.values())).boundary
    owners = Counter(xy for s in leaves.values() for xy in s.exterior.coords[:-1])
    for old_home, shape in leaves.items():
        into = shape.representative_point()
        for at in shape.exterior.coords[:-1]:
            if owners[at] != 2 or outline.distance(shapely.Point(at)) < 1e-4:
                continue
            to = tuple(round(a + (b - a) / 4, 7) for a, b in zip(at, into.coords[0], strict=True))
            after = {c: moved(s, at, to) for c, s in leaves.items() if at in s.exterior.coords}
            new_home = next(code for code in after if code != old_home)
            sliver = shape.intersection(after[new_home])
            if all(s.is_valid for s in after.values()) and sliver.area > 2e-9:
                inside = max(shapely.get_parts(sliver), key=lambda p: p.area)
                point = inside.representative_point()
                yield Move(at, to, (point.x, point.y), old_home, new_home)


@pytest.fixture
def move(tiny_template):
    return next(moves(tiny_template.made))


@pytest.fixture
def publish(client, as_role, city_db):
    """Carry the move of one corner through a plan to a version, and return its number.

    No building stands in its way.
    """
    with psycopg.connect(city_db.owner) as conn:
        conn.execute("DELETE FROM building")

    def carry(move):
        planner = as_role("planner")
        plan = client.post("/plans", json={"title": "move a corner"}, headers=planner).json()
        path = f"/plans/{plan['plan_id']}"
        edit = {"kind": "move_vertex", "at": move.at, "to": move.to}
        for step, body in (("edits", edit), ("submit", None), ("approve", None), ("publish", None)):
            answer = client.post(f"{path}/{step}", json=body, headers=planner)
            assert answer.is_success, answer.text
        return answer.json()["published_version"]

    return carry


@pytest.fixture
def report(client, as_role):
    def send(external_id, point):
        body = {
            "channel": "grid_patrol", "external_id": external_id, "category": "06010",
            "lon": point[0], "lat": point[1], "occurred_at": "2026-03-01T08:00:00+08:00",
        }  # fmt: skip
        answer = client.post("/events", json=body, headers=as_role("dispatcher"))
        assert answer.status_code == 201, answer.text
        return answer.json()

    return send


@pytest.fixture
def event(client, as_role):
    return lambda event_id: client.get(f"/events/{event_id}", headers=as_role("analyst")).json()


def test_an_open_event_in_the_moved_land_is_in_its_new_home_with_a_second_answer(
    client, as_role, move, publish, report, event
):
    before, elsewhere = report("open", move.point), report("elsewhere", (113.6005, 34.7005))
    assert before["current"]["unit"]["code"] == move.old_home
    assert publish(move) == 2
    after = event(before["event_id"])
    first, second = after["history"]
    assert first == before["current"]
    assert second == after["current"]
    assert (second["cause"], second["map_version"]) == ("publication", 2)
    assert second["unit"]["code"] == move.new_home
    rows = client.get("/events", params={"unit": move.new_home}, headers=as_role("analyst")).json()[
        "events"
    ]
    assert [(row["event_id"], row["map_version"]) for row in rows] == [(before["event_id"], 2)]
    assert event(elsewhere["event_id"]) == elsewhere
    located = {"lon": move.point[0], "lat": move.point[1]}
    for at, home in (("1", move.old_home), ("2", move.new_home), (None, move.new_home)):
        query = located if at is None else {**located, "at": at}
        placement = client.get("/locate", params=query).json()["placement"]
        assert placement["unit"]["code"] == home
    assert second["border_m"] == placement["border"]["distance_m"]


def test_a_closed_event_moves_home_without_a_new_answer(
    client, as_role, city_db, move, publish, report, event
):
    closed = report("closed", move.point)
    with psycopg.connect(city_db.app) as conn:
        conn.execute("UPDATE event SET state = 'closed' WHERE event_id = %s", (closed["event_id"],))
    publish(move)
    assert event(closed["event_id"])["history"] == closed["history"]
    rows = client.get("/events", params={"unit": move.new_home}, headers=as_role("analyst")).json()[
        "events"
    ]
    assert [(row["event_id"], row["unit_code"]) for row in rows] == [
        (closed["event_id"], move.new_home)
    ]


def test_devices_and_counts_follow_the_map_and_every_total_stays(
    client, as_role, tiny_template, move, publish, report
):
    operator = as_role("operator")
    device = {"code": "cam", "kind": "camera_fixed", "family": "video"}
    for code, (lon, lat) in (("moving", move.point), ("outside", (113.5, 34.5))):
        body = {**device, "code": code, "lon": lon, "lat": lat}
        assert client.post("/devices", json=body, headers=operator).status_code == 201
    spots = [move.point, (113.602, 34.702), (113.606, 34.711), (113.612, 34.706), (113.5, 34.5)]
    for number, spot in enumerate(spots * 2):
        report(str(number), spot)

    def homes():
        rows = client.get("/devices?limit=1000", headers=operator).json()["devices"]
        return {row["code"]: row["unit_code"] for row in rows}

    def count(what, code):
        query = {"of": what, "by": "unit", "level": "micro_grid"}
        rows = client.get("/density", params=query, headers=operator).json()["rows"]
        return next(row["count"] for row in rows if row["code"] == code)

    def totals(role):
        headers = as_role(role) if role else {}
        for what in ("events", "devices"):
            for face in FACES:
                query = {"of": what, **face}
                answer = client.get("/density", params=query, headers=headers).json()
                shown = sum(row["count"] for row in answer["rows"])
                assert shown + answer["outside"] + answer["hidden"] == answer["total"]
                assert answer["outside"] == {"events": 2, "devices": 1}[what]
                yield what, answer["total"]

    known = len(tiny_template.made.devices)
    expected = {("events", 10), ("devices", known + 2)}
    before = homes()
    assert set(totals("analyst")) == set(totals(None)) == expected
    gained = [count(what, move.new_home) for what in ("events", "devices")]
    publish(move)
    after = homes()
    assert set(totals("analyst")) == set(totals(None)) == expected
    assert (before["moving"], after["moving"]) == (move.old_home, move.new_home)
    assert (before["outside"], after["outside"]) == (None, None)
    assert count("events", move.new_home) == gained[0] + 2
    assert count("devices", move.new_home) == gained[1] + sum(
        home == move.new_home != before[code] for code, home in after.items()
    )
    assert all(
        {before[code], home} == {move.old_home, move.new_home}
        for code, home in after.items()
        if home != before[code]
    )


def test_a_refused_publication_moves_nothing(client, as_role, move, publish, report, event):
    opened = report("open", move.point)
    planner = as_role("planner")
    late = client.post("/plans", json={"title": "late"}, headers=planner).json()["plan_id"]
    edit = {"kind": "move_vertex", "at": move.at, "to": move.to}
    for step, body in (("edits", edit), ("submit", None), ("approve", None)):
        client.post(f"/plans/{late}/{step}", json=body, headers=planner)
    publish(move)
    moved_event = event(opened["event_id"])
    refused = client.post(f"/plans/{late}/publish", headers=planner)
    assert (refused.status_code, refused.json()["code"]) == (409, "version_conflict")
    assert event(opened["event_id"]) == moved_event


def test_a_publication_that_touches_no_leaf_moves_nothing(city_conn):
    unmoved = Publication(head_version(city_conn), None)
    tables = ("SELECT * FROM event", "SELECT * FROM event_assignment", "SELECT * FROM device")
    before = [city_conn.execute(table).fetchall() for table in tables]
    for follow in FOLLOWERS:
        follow(city_conn, unmoved)
    assert [city_conn.execute(table).fetchall() for table in tables] == before


def test_a_publication_around_events_that_stay_at_home_moves_nothing(
    client, city_db, report, event
):
    stays, outside = report("stays", (113.605, 34.705)), report("outside", (113.5, 34.7))
    with psycopg.connect(city_db.app) as conn:
        around = Publication(head_version(conn), (113.4, 34.6, 113.7, 34.8))
        for follow in FOLLOWERS:
            follow(conn, around)
    assert event(stays["event_id"]) == stays
    assert event(outside["event_id"]) == outside
