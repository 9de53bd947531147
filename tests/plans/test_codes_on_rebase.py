"""Two drafts find out the same code; the one that is published later comes by another one."""

from edits_by_kind import LEAVES, UNITS, across


def test_edits_after_a_new_unit_name_it_by_the_code_that_it_gets_on_the_live_map(planner):
    sisters = [u for u in LEAVES if u.level == "micro_grid"]
    one = sisters[0]
    family = [u for u in sisters if u.parent_code == one.parent_code]
    other = next(u for u in family if u.shape.distance(one.shape) > 0)
    after = max(u.code for u in family)
    first, second = (
        planner("/plans", json={"title": title}).json()["plan_id"] for title in ("first", "second")
    )

    def split(plan, unit):
        edit = {"kind": "split", "code": unit.code, "lines": [across(unit)]}
        answer = planner(f"/plans/{plan}/edits", json=edit)
        assert answer.status_code == 201, answer.text
        codes = {row["code"] for row in planner(f"/plans/{plan}/diff").json()["units"]}
        return min(codes - set(UNITS))

    new = split(first, one)
    assert split(second, other) == new > after
    rename = {"kind": "rename", "code": new, "name": "后来的"}
    assert planner(f"/plans/{second}/edits", json=rename).status_code == 201
    for step in ("submit", "approve", "publish"):
        answer = planner(f"/plans/{first}/{step}", json={})
        assert answer.status_code == 200, answer.text
    answer = planner(f"/plans/{second}/rebase", json={})
    assert answer.status_code == 200, answer.text
    *_, edit = planner(f"/plans/{second}").json()["edits"]
    assert edit["params"]["code"] not in {new, *UNITS}
    names = {u["code"]: u["name"] for u in planner(f"/plans/{second}/diff").json()["units"]}
    assert names[edit["params"]["code"]] == "后来的"
    assert new not in names
