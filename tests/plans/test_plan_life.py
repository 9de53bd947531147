"""What happens to a plan between its first edit and its publication: undo, locks, talk, minutes."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.rows import class_row

from gridgeo.app import FOLLOWERS
from gridgeo.errors import Conflict
from gridgeo.plans import steps, store
from gridgeo.plans.model import Plan
from gridgeo.units.store import head_version


@pytest.fixture
def operator(client, as_role):
    """The same calls by another hand, who is an operator."""
    return lambda path, **body: (client.post if "json" in body else client.get)(
        path, headers=as_role("operator"), **body
    )


@pytest.fixture
def draft(planner, move_of):
    """Open a draft with some moves of the inner vertex, each a little further; its path."""

    def make(moves=1, title="draft", start=0):
        path = f"/plans/{planner('/plans', json={'title': title}).json()['plan_id']}"
        for number in range(start, start + moves):
            answer = planner(f"{path}/edits", json=move_of(number))
            assert answer.status_code == 201, answer.text
        return path

    return make


@pytest.fixture
def move_of(inner_vertex):
    """The nth move of the inner vertex, from where the one before it left it."""
    lon, lat = inner_vertex

    def make(number):
        places = [round(lon + step * 0.00001, 7) for step in (number, number + 1)]
        return {"kind": "move_vertex", "at": [places[0], lat], "to": [places[1], lat]}

    return make


def approved(planner, path):
    for step in ("submit", "approve"):
        assert planner(f"{path}/{step}", json={}).status_code == 200
    return path


# --- the log -----------------------------------------------------------------------------------


def test_undo_and_redo_walk_the_log_and_count_the_revision(planner, draft):
    path = draft(2)
    before = planner(f"{path}/diff").json()["units"]
    assert planner(path).json()["can_redo"] is False
    undone = planner(f"{path}/undo", json={}).json()
    assert (undone["revision"], len(planner(path).json()["edits"])) == (4, 1)
    assert planner(f"{path}/diff").json()["units"] != before
    planner(f"{path}/undo", json={})
    assert planner(f"{path}/diff").json()["units"] == []
    for _ in range(2):
        assert planner(f"{path}/redo", json={}).status_code == 200
    detail = planner(path).json()
    assert ([e["seq"] for e in detail["edits"]], detail["can_redo"]) == ([1, 2], False)
    assert planner(f"{path}/diff").json()["units"] == before
    assert [row["step"] for row in detail["history"]] == ["undo", "undo", "redo", "redo"]


def test_a_new_edit_after_an_undo_cuts_what_could_be_redone(planner, draft, move_of, inner_vertex):
    path = draft(2)
    planner(f"{path}/undo", json={})
    lon, lat = move_of(0)["to"]
    other = {"kind": "move_vertex", "at": [lon, lat], "to": [lon, round(lat + 0.00001, 7)]}
    assert planner(f"{path}/edits", json=other).status_code == 201
    refused = planner(f"{path}/redo", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    planner(f"{path}/undo", json={})
    planner(f"{path}/redo", json={})
    assert [e["seq"] for e in planner(path).json()["edits"]] == [1, 3]


def test_nothing_to_undo_a_stale_revision_and_a_plan_that_is_no_draft_are_refused(planner, draft):
    path = draft(0)
    assert planner(f"{path}/undo", json={}).json()["code"] == "conflict"
    path = draft(1)
    stale = planner(f"{path}/undo", json={}, headers={"If-Match": "1"})
    assert (stale.status_code, stale.json()["key"]) == (409, "If-Match")
    planner(f"{path}/submit", json={})
    assert planner(f"{path}/undo", json={}).json()["code"] == "state_conflict"


def test_codes_that_an_edit_found_out_are_kept_with_it(planner, units):
    leaf = min((u for u in units.values() if u.is_leaf), key=lambda u: u.code)
    west, south, east, north = leaf.shape.bounds
    middle = round((west + east) / 2, 7)
    split = {"kind": "split", "code": leaf.code, "lines": [[[middle, south], [middle, north]]]}
    path = f"/plans/{planner('/plans', json={'title': 'split'}).json()['plan_id']}"
    answer = planner(f"{path}/edits", json=split)
    assert answer.status_code == 201, answer.text
    [edit] = planner(path).json()["edits"]
    came = {unit["code"] for unit in planner(f"{path}/diff").json()["units"]} - set(units)
    assert len(came) == 1
    assert set(edit["codes"]) == came


# --- locks -------------------------------------------------------------------------------------


def parent_of(planner, path, units):
    code = planner(f"{path}/diff").json()["units"][0]["code"]
    return units[code].parent_code or code


def test_what_a_plan_holds_no_other_plan_draws_submits_or_publishes(
    planner, operator, draft, move_of, units
):
    mine, late = draft(1), draft(1, "late")
    held = parent_of(planner, mine, units)
    assert planner(f"{mine}/locks", json={"codes": [held]}).status_code == 201
    other = f"/plans/{operator('/plans', json={'title': 'other'}).json()['plan_id']}"
    refused = operator(f"{other}/edits", json=move_of(0))
    assert (refused.status_code, refused.json()["code"]) == (409, "locked")
    assert "local planner" in refused.json()["detail"]
    assert operator(other).json()["edits"] == []
    assert planner(f"{late}/submit", json={}).json()["code"] == "locked"
    assert planner(f"{mine}/edits", json=move_of(1)).status_code == 201
    assert planner(f"{mine}/unlock", json={}).json() == {"locks": []}
    assert operator(f"{other}/edits", json=move_of(0)).status_code == 201


def test_a_lock_for_one_hand_keeps_others_out_of_the_same_plan(
    planner, operator, draft, move_of, units
):
    path = draft(1)
    held = parent_of(planner, path, units)
    [lock] = planner(f"{path}/locks", json={"codes": [held], "only_me": True}).json()["locks"]
    assert (lock["code"], lock["actor"], lock["only_actor"]) == (held, "local planner", True)
    assert operator(f"{path}/edits", json=move_of(1)).json()["code"] == "locked"
    assert operator(f"{path}/undo", json={}).json()["code"] == "locked"
    assert planner(f"{path}/undo", json={}).status_code == 200
    assert operator(f"{path}/unlock", json={"codes": [held]}).json() == {"locks": []}


def test_no_lock_is_taken_above_or_below_one_that_another_plan_holds(planner, draft, units):
    leaf = min((u for u in units.values() if u.is_leaf), key=lambda u: u.code)
    root = next(u for u in units.values() if u.parent_code is None)
    first, second = draft(0), draft(0)
    planner(f"{first}/locks", json={"codes": [leaf.parent_code]})
    for code in (leaf.code, leaf.parent_code, root.code):
        refused = planner(f"{second}/locks", json={"codes": [code]})
        assert (refused.status_code, refused.json()["value"]) == (409, leaf.parent_code)
    assert planner(f"{second}/unlock", json={"codes": [leaf.code]}).status_code == 404
    assert planner(f"{second}/locks", json={"codes": ["nobody"]}).status_code == 404
    planner(f"{first}/withdraw", json={})
    assert planner(f"{second}/locks", json={"codes": [root.code]}).status_code == 201
    assert planner(f"{first}/locks", json={"codes": [root.code]}).json()["code"] == "state_conflict"


# --- talk --------------------------------------------------------------------------------------


def test_comments_are_kept_in_order_with_place_and_unit_and_without_numbers_of_persons(
    planner, draft
):
    path = draft(0)
    first = {"text": "问 13812345678", "lon": 113.6, "lat": 34.7, "code": "410103"}
    assert planner(f"{path}/comments", json=first).json()["text"] == "问 ***********"
    planner(f"{path}/comments", json={"text": "second"})
    page = planner(f"{path}/comments?limit=1").json()
    assert [(c["lon"], c["lat"], c["unit_code"]) for c in page["comments"]] == [
        (113.6, 34.7, "410103")
    ]
    rest = planner(f"{path}/comments?after={page['next']}").json()
    assert ([c["text"] for c in rest["comments"]], rest["next"]) == (["second"], None)
    assert planner(f"{path}/comments", json={"text": "x", "lon": 1}).status_code == 400
    assert planner(f"{path}/comments", json={"text": ""}).status_code == 400


def test_the_reason_of_a_rejection_is_kept_with_who_gave_it(planner, draft):
    path = draft(1)
    planner(f"{path}/submit", json={})
    reason = {"reason": "the river is the better border, call 13812345678"}
    assert planner(f"{path}/reject", json=reason).json()["state"] == "draft"
    row = planner(path).json()["history"][-1]
    assert (row["step"], row["actor"]) == ("reject", "local planner")
    assert row["reason"] == "the river is the better border, call ***********"


# --- a set minute ------------------------------------------------------------------------------


@pytest.fixture
def due(city_conn):
    """Publish what is due, as the timer of a worker does; the plan, or None."""

    def publish():
        plan = steps.take_due(city_conn)
        return plan and steps.publish_due(city_conn, plan, FOLLOWERS)

    return publish


def scheduled(conn, title="due", at="2020-01-01T00:00Z"):
    """A plan that an approval has given a minute, moved into the past for the test."""
    plan = store.create_plan(conn, title, None, "test")
    conn.execute(
        "UPDATE plan SET state = 'approved', publish_at = %s, publish_as = 'boss' "
        "WHERE plan_id = %s",
        (at, plan.plan_id),
    )
    return plan.plan_id


def test_an_approved_plan_is_published_at_its_minute_and_not_before(
    planner, draft, client, located, inner_vertex
):
    path = approved(planner, draft(1))
    at = datetime.now(UTC) + timedelta(seconds=2)
    body = {"at": at.isoformat(), "document_no": "doc 7"}
    plan = planner(f"{path}/publish", json=body).json()
    assert (plan["state"], plan["publish_as"]) == ("approved", "local planner")
    assert client.get("/versions").json()["head"] == 1
    located(2, lon=inner_vertex[0], lat=inner_vertex[1])
    version = client.get("/versions").json()["versions"][0]
    assert datetime.fromisoformat(version["valid_from"]) >= at
    assert (version["actor"], version["document_no"]) == ("local planner", "doc 7")
    plan = planner(path).json()
    assert (plan["state"], plan["publish_at"]) == ("published", None)
    assert [row["step"] for row in plan["history"]] == ["submit", "approve", "schedule", "publish"]


def test_a_minute_that_has_passed_or_a_plan_that_would_be_refused_gets_no_minute(planner, draft):
    path, early, late = (approved(planner, draft(1)) for _ in range(3))
    past = planner(f"{path}/publish", json={"at": "2020-01-01T00:00:00Z"})
    assert (past.status_code, past.json()["key"]) == (400, "at")
    naive = planner(f"{path}/publish", json={"at": "2099-01-01T00:00:00"})
    assert (naive.status_code, naive.json()["key"]) == (400, "at")
    later = {"at": "2099-01-01T00:00:00+08:00"}
    planner(f"{path}/publish", json=later)
    assert planner(f"{path}/reject", json={}).json()["publish_at"] is None
    planner(f"{early}/publish", json={})
    assert planner(f"{late}/publish", json=later).json()["code"] == "version_conflict"


def test_what_refuses_a_due_plan_is_kept_with_it_and_it_stays_approved(city_db, client, planner):
    with psycopg.connect(city_db.app) as conn:
        plan_id = scheduled(conn)
    assert client.app.state.due_plans.publish_next() in (True, False)
    plan = planner(f"/plans/{plan_id}").json()
    assert (plan["state"], plan["publish_at"]) == ("approved", None)
    assert plan["history"][-1]["step"] == "fail"
    assert "changes nothing" in plan["history"][-1]["reason"]


def test_of_several_workers_one_takes_a_due_plan(city_db, city_conn, due):
    plan_id = scheduled(city_conn)
    scheduled(city_conn, "later", "2999-01-01T00:00Z")
    city_conn.commit()
    with psycopg.connect(city_db.app) as rival:
        assert steps.take_due(city_conn).plan_id == plan_id
        assert steps.take_due(rival) is None
        city_conn.rollback()
        with rival.cursor(row_factory=class_row(Plan)):
            assert steps.take_due(rival).plan_id == plan_id


def test_the_map_moves_on_says_who_changed_what(planner, draft, units):
    late, early = draft(1, "late"), draft(1, "early")
    approved(planner, early)
    assert planner(f"{early}/publish", json={}).status_code == 200
    approved(planner, late)
    refused = planner(f"{late}/publish", json={}).json()
    assert refused["code"] == "version_conflict"
    [row] = refused["problems"]
    assert (row["version"], row["actor"], row["note"]) == (2, "local planner", "early")
    assert row["plan_id"] == int(early.removeprefix("/plans/"))
    assert set(row["codes"]) <= set(units)
    assert row["codes"]


def test_a_stored_plan_keeps_a_thousand_edits_at_most(city_conn, monkeypatch):
    monkeypatch.setattr(store, "MAX_EDITS", 0)
    plan = store.create_plan(city_conn, "full", None, "test")
    with pytest.raises(Conflict, match="the most that one plan takes"):
        store.add_edit(city_conn, plan.plan_id, "restore", {"version": 1}, "test")
    assert head_version(city_conn).version == 1
