from itertools import product

import h3
import pytest


@pytest.fixture
def ask(client, as_role):
    def send(role="analyst", **query):
        return client.get("/density", params=query, headers=as_role(role) if role else {})

    return send


def test_device_counts_by_leaf_are_those_of_the_city(ask, tiny_template):
    made = tiny_template.made
    answer = ask(of="devices", by="unit", level="micro_grid").json()
    counted = {row["code"]: row["count"] for row in answer["rows"]}
    assert set(counted) == {leaf.code for leaf in made.leaves}
    for leaf in made.leaves:
        assert counted[leaf.code] == sum(d.leaf_code == leaf.code for d in made.devices)
    assert (answer["total"], answer["version"], answer["hidden"]) == (len(made.devices), 1, 0)
    assert all(row["cell"] is None and row["name"] for row in answer["rows"])


def test_device_counts_by_hexagon_are_those_of_the_city(ask, tiny_template):
    answer = ask(of="devices", by="h3", res=9).json()
    cells = [h3.latlng_to_cell(d.point.y, d.point.x, 9) for d in tiny_template.made.devices]
    assert {row["cell"]: row["count"] for row in answer["rows"]} == {
        cell: cells.count(cell) for cell in cells
    }
    assert all(row["code"] is None for row in answer["rows"])


def test_small_counts_are_hidden_from_who_may_not_see_them(ask):
    faces = ({"by": "unit", "level": "micro_grid"}, {"by": "h3", "res": 11})
    for role, query in product((None, "viewer"), faces):
        whole = ask(of="devices", **query).json()
        shown = ask(role, of="devices", **query).json()
        assert shown["total"] == whole["total"]
        assert shown["hidden"] > 0 and shown["hidden_rows"] > 1
        assert not any(0 < row["count"] < 5 for row in shown["rows"])


def test_events_are_counted_between_two_instants(ask, client, as_role):
    body = {
        "channel": "other", "category": "06010", "lon": 113.605, "lat": 34.705,
        "occurred_at": "2026-03-01T08:00:00Z",
    }  # fmt: skip
    received = [
        client.post("/events", json={**body, "external_id": n}, headers=as_role("operator")).json()[
            "received_at"
        ]
        for n in "abc"
    ]
    assert ask().json()["total"] == 3
    assert ask(since=received[1]).json()["total"] == 2
    assert ask(until=received[1]).json()["total"] == 1
    assert ask(since=received[1], until=received[2], by="h3").json()["total"] == 1


def test_a_count_that_cannot_be_made_is_refused_by_its_key(ask):
    for query, key in (
        ({"level": "street"}, "level"),
        ({"by": "colour"}, "by"),
        ({"of": "people"}, "of"),
        ({"by": "h3", "res": 13}, "res"),
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-03-01T08:00:00"}, "until"),
    ):
        refused = ask(**query)
        assert (refused.status_code, refused.json()["key"]) == (400, key)


def test_devices_have_no_time_and_say_so(client):
    refused = client.get("/density", params={"of": "devices", "until": "2026-01-01T00:00:00Z"})
    assert (refused.status_code, refused.json()["key"]) == (400, "until")
