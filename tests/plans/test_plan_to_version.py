import pytest
import shapely


def move(at, dlon=0.00002):
    return {"kind": "move_vertex", "at": list(at), "to": [at[0] + dlon, at[1]]}


def publish(planner, at, title="border"):
    plan_id = planner("/plans", json={"title": title}).json()["plan_id"]
    assert planner(f"/plans/{plan_id}/edits", json=move(at)).status_code == 201
    for step in ("submit", "approve", "publish"):
        answer = planner(f"/plans/{plan_id}/{step}", json={})
        assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_plan_goes_from_draft_to_the_next_version(planner, client, located, inner_vertex):
    plan = publish(planner, inner_vertex, "河岸调整")
    assert (plan["state"], plan["published_version"], plan["steps"]) == ("published", 2, [])
    versions = client.get("/versions").json()
    assert (versions["head"], versions["versions"][0]["note"]) == (2, "河岸调整")
    assert located(2, lon=inner_vertex[0] + 0.00002, lat=inner_vertex[1])["placement"]["unit"]


def test_the_past_stays_as_it_was(planner, client, located, inner_vertex):
    query = {"lon": inner_vertex[0] + 0.00001, "lat": inner_vertex[1]}
    before = client.get("/locate", params=query).json()
    publish(planner, inner_vertex)
    after = located(2, **query)
    then = client.get("/locate", params={**query, "at": "1"}).json()
    assert then == before
    assert after["placement"]["border"] != before["placement"]["border"]


def test_a_draft_is_seen_by_nobody(planner, client, inner_vertex):
    plan_id = planner("/plans", json={"title": "draft"}).json()["plan_id"]
    planner(f"/plans/{plan_id}/edits", json=move(inner_vertex))
    assert client.get("/versions").json()["head"] == 1


def test_diff_shows_each_changed_unit_before_and_after(planner, inner_vertex):
    plan_id = planner("/plans", json={"title": "diff"}).json()["plan_id"]
    planner(f"/plans/{plan_id}/edits", json=move(inner_vertex))
    units = planner(f"/plans/{plan_id}/diff").json()["units"]
    assert len(units) >= 2
    for unit in units:
        old, new = (shapely.geometry.shape(unit[side]) for side in ("old", "new"))
        assert 0 < old.symmetric_difference(new).area < 1e-7


def test_two_edits_of_one_plan_build_on_each_other(planner, inner_vertex):
    plan_id = planner("/plans", json={"title": "twice"}).json()["plan_id"]
    planner(f"/plans/{plan_id}/edits", json=move(inner_vertex))
    moved = (inner_vertex[0] + 0.00002, inner_vertex[1])
    second = planner(f"/plans/{plan_id}/edits", json=move(moved, -0.00001))
    assert second.status_code == 201, second.text
    assert planner(f"/plans/{plan_id}/problems").json()["problems"] == []


def test_a_plan_without_an_edit_is_not_submitted(planner):
    plan_id = planner("/plans", json={"title": "empty"}).json()["plan_id"]
    refused = planner(f"/plans/{plan_id}/submit", json={})
    assert (refused.status_code, refused.json()["code"]) == (422, "refused")
    assert "add an edit" in refused.json()["detail"]
    plan = planner(f"/plans/{plan_id}").json()
    assert (plan["state"], plan["history"]) == ("draft", [])
    assert planner(f"/plans/{plan_id}/withdraw", json={}).json()["state"] == "withdrawn"


def test_an_edit_and_its_undoing_are_not_submitted(planner, inner_vertex):
    plan_id = planner("/plans", json={"title": "nothing"}).json()["plan_id"]
    planner(f"/plans/{plan_id}/edits", json=move(inner_vertex))
    moved = [inner_vertex[0] + 0.00002, inner_vertex[1]]
    back = {"kind": "move_vertex", "at": moved, "to": list(inner_vertex)}
    assert planner(f"/plans/{plan_id}/edits", json=back).status_code == 201
    refused = planner(f"/plans/{plan_id}/submit", json={})
    assert (refused.status_code, refused.json()["code"]) == (422, "refused")


@pytest.mark.parametrize(
    ("edit", "kind"),
    [
        ({"at": [113.6081234, 34.7061234], "to": [113.6082, 34.7062]}, "no_vertex"),
        ({"at": [113.6, 34.7], "to": [113.6001, 34.7]}, "on_outline"),
    ],
)
def test_an_edit_that_cannot_be_done_is_refused_with_its_place(planner, edit, kind):
    plan_id = planner("/plans", json={"title": "bad"}).json()["plan_id"]
    refused = planner(f"/plans/{plan_id}/edits", json={"kind": "move_vertex", **edit})
    body = refused.json()
    assert (refused.status_code, body["code"]) == (422, "edit_refused")
    assert body["problems"][0]["kind"] == kind
    assert abs(body["problems"][0]["lon"] - 113.608) < 0.02
    assert planner(f"/plans/{plan_id}").json()["edits"] == []


def test_a_vertex_dragged_across_its_neighbours_is_refused(planner, inner_vertex):
    plan_id = planner("/plans", json={"title": "far"}).json()["plan_id"]
    refused = planner(f"/plans/{plan_id}/edits", json=move(inner_vertex, 0.005))
    assert (refused.status_code, refused.json()["code"]) == (422, "edit_refused")


def test_steps_out_of_order_are_refused_and_name_the_open_ones(planner):
    plan_id = planner("/plans", json={"title": "order"}).json()["plan_id"]
    refused = planner(f"/plans/{plan_id}/publish", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "state_conflict")
    assert "submit" in refused.json()["detail"]


def test_only_a_draft_takes_edits(planner, inner_vertex):
    plan_id = planner("/plans", json={"title": "closed"}).json()["plan_id"]
    planner(f"/plans/{plan_id}/edits", json=move(inner_vertex))
    planner(f"/plans/{plan_id}/submit", json={})
    refused = planner(f"/plans/{plan_id}/edits", json=move(inner_vertex))
    assert (refused.status_code, refused.json()["code"]) == (409, "state_conflict")
    assert planner(f"/plans/{plan_id}/reject", json={}).json()["state"] == "draft"


def test_a_plan_on_an_older_map_is_refused_and_says_who_moved_it(planner, inner_vertex):
    late = planner("/plans", json={"title": "late"}).json()["plan_id"]
    planner(f"/plans/{late}/edits", json=move(inner_vertex))
    publish(planner, inner_vertex, "early")
    for step in ("submit", "approve"):
        planner(f"/plans/{late}/{step}", json={})
    refused = planner(f"/plans/{late}/publish", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "version_conflict")
    assert "local planner" in refused.json()["detail"]
    assert "early" in refused.json()["detail"]


def test_a_stale_revision_is_refused(planner, inner_vertex):
    plan = planner("/plans", json={"title": "lost update"}).json()
    planner(f"/plans/{plan['plan_id']}/edits", json=move(inner_vertex))
    stale = {"If-Match": str(plan["revision"])}
    refused = planner(f"/plans/{plan['plan_id']}/submit", json={}, headers=stale)
    assert (refused.status_code, refused.json()["key"]) == (409, "If-Match")


def test_an_if_match_that_is_no_revision_is_refused(planner):
    plan_id = planner("/plans", json={"title": "t"}).json()["plan_id"]
    refused = planner(f"/plans/{plan_id}/submit", json={}, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json()["key"]) == (400, "If-Match")


@pytest.mark.parametrize("role", ["viewer", "dispatcher", "analyst"])
def test_only_planners_and_operators_plan(client, as_role, role):
    refused = client.post("/plans", json={"title": "t"}, headers=as_role(role))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_without_a_key_nobody_plans(client):
    assert client.post("/plans", json={"title": "t"}).status_code == 401
    assert client.get("/plans").status_code == 401


def test_plans_are_listed_newest_first_and_page_by_page(planner):
    ids = [planner("/plans", json={"title": f"p{n}"}).json()["plan_id"] for n in range(3)]
    page = planner("/plans?limit=2").json()
    assert [plan["plan_id"] for plan in page["plans"]] == [ids[2], ids[1]]
    rest = planner(f"/plans?limit=2&before={page['next']}").json()
    assert ([plan["plan_id"] for plan in rest["plans"]], rest["next"]) == ([ids[0]], None)
    assert planner("/plans?state=published").json()["plans"] == []


def test_a_plan_that_is_not_there_is_not_found(planner):
    assert planner("/plans/999").json()["key"] == "plan_id"
