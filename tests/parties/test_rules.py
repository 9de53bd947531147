import threading
from datetime import UTC, datetime

import psycopg
import pytest

from gridgeo.db.cache import ImmutableCache
from gridgeo.errors import Unavailable
from gridgeo.parties.model import CategoryTree, Party, ResponsibilityRule
from gridgeo.parties.store import rule_set_at

OFFICE = Party(1, "p", "office", "office", "")
TREE = CategoryTree({("s", "06010"): ("s", "06"), ("s", "06"): None, ("s", "060"): None})


def rule(scheme, category):
    return ResponsibilityRule(1, 1, None, scheme, category, "lead", OFFICE)


@pytest.mark.parametrize(
    ("of_rule", "asked", "holds"),
    [
        ((None, None), ("s", "06010"), True),
        ((None, None), (None, None), True),
        (("s", "06"), ("s", "06010"), True),
        (("s", "060"), ("s", "06010"), False),
        (("s", "06010"), ("s", "06010"), True),
        (("s", "06010"), ("s", "06"), False),
        (("s", "06"), ("s", "07"), False),
        (("s", "06"), ("other", "06"), False),
        (("s", "06"), ("s", None), False),
    ],
)
def test_a_rule_holds_for_its_class_and_all_below_in_its_scheme(of_rule, asked, holds):
    assert rule(*of_rule).holds_for(TREE.lineage(*asked)) is holds


def test_a_remembered_value_is_loaded_once():
    cache, loads = ImmutableCache(2), []
    for _ in range(3):
        assert cache.get("a", lambda: loads.append("a") or "value") == "value"
    assert loads == ["a"]


def test_what_was_not_asked_for_longest_is_forgotten_first():
    cache, loads = ImmutableCache(2), []
    for key in ("a", "b", "a", "c", "a", "b"):
        cache.get(key, lambda key=key: loads.append(key))
    assert loads == ["a", "b", "c", "b"]


def test_threads_that_miss_at_once_load_once():
    cache, loads = ImmutableCache(1), []
    together = threading.Barrier(4)

    def ask():
        together.wait()
        cache.get("a", lambda: loads.append("a"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == ["a"]


def test_a_load_that_fails_is_tried_again():
    cache = ImmutableCache(1)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 // 0)
    assert cache.get("a", lambda: 5) == 5


def test_parties_come_in_code_order_page_by_page(client):
    whole = [row["code"] for row in client.get("/parties?limit=1000").json()["parties"]]
    paged, after = [], None
    while True:
        query = {"limit": 7} if after is None else {"limit": 7, "after": after}
        page = client.get("/parties", params=query).json()
        paged += [row["code"] for row in page["parties"]]
        after = page["next"]
        if after is None:
            break
    assert paged == whole == sorted(whole, key=str.encode)
    found = client.get("/parties", params={"q": "东街"}).json()["parties"]
    assert found and all("东街" in row["name"] for row in found)


def test_rules_are_listed_by_unit_and_instant_and_an_unknown_unit_is_said(client):
    every = client.get("/rules?limit=1000").json()
    assert every["rule_set"] == 1 and every["next"] is None
    ids = [row["rule_id"] for row in every["rules"]]
    assert ids == sorted(ids)
    paged = client.get(f"/rules?limit=5&after={ids[4]}").json()
    assert [row["rule_id"] for row in paged["rules"]] == ids[5:10]
    assert paged["next"] == ids[9]
    of_unit = client.get("/rules?unit=419901001").json()["rules"]
    assert [row["party"] for row in of_unit] == ["U419901001"]
    unknown = client.get("/rules?unit=nowhere")
    assert (unknown.status_code, unknown.json()["key"]) == (404, "code")
    now = datetime.now(UTC).isoformat()
    assert client.get("/rules", params={"at": now}).json()["rule_set"] == 1
    assert client.get("/rules?at=yesterday").json()["key"] == "at"


def test_categories_and_channels_are_those_of_the_data(client, inputs):
    categories = client.get("/categories").json()["categories"]
    assert {row["code"] for row in categories} == {row["code"] for row in inputs.categories}
    codes = {row["code"] for row in categories}
    assert all(row["parent_code"] is None or row["parent_code"] in codes for row in categories)
    channels = client.get("/channels").json()["channels"]
    assert {row["channel"] for row in channels} == {row["channel"] for row in inputs.channels}


def test_before_any_rules_are_loaded_it_is_said_what_to_do(db):
    with psycopg.connect(db.app) as conn, pytest.raises(Unavailable, match="run `gridgeo up`"):
        rule_set_at(conn, datetime.now(UTC))
