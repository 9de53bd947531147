"""Every kind of edit through the API: drawn, looked at, published; and ten kinds of broken ones."""

import re

import pytest
import shapely
from databases import client_on, cloned
from edits_by_kind import (
    CITY,
    EDITS,
    HERE,
    LEAVES,
    ONE,
    OTHER,
    UNITS,
    across,
    at,
    blob,
    bulge,
    geo,
    middle,
)
from fastapi.testclient import TestClient
from shapely import box

from gridgeo.plans.forms import KINDS, MoveVertexForm, read_edit
from gridgeo.settings import ROOT
from gridgeo.units import store
from gridgeo.units.model import check_city


@pytest.fixture(scope="module")
def drafts(cluster, tiny_template):
    """The API on one copy of the city for this file: drafts change nothing of the map."""
    with cloned(cluster, tiny_template.template) as dsns, client_on(dsns) as client:
        yield client


@pytest.fixture
def draft(drafts: TestClient, as_role):
    """Draw edits into a new draft: draft(edit, ...) gives the last answer and the plan's path."""

    def draw(*edits):
        headers = as_role("planner")
        plan = drafts.post("/plans", json={"title": "t"}, headers=headers).json()["plan_id"]
        for edit in edits:
            answer = drafts.post(f"/plans/{plan}/edits", json=edit, headers=headers)
        return answer, lambda path: drafts.get(f"/plans/{plan}{path}", headers=headers).json()

    return draw


def test_there_is_a_case_for_every_kind():
    assert set(EDITS) == set(KINDS)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "restore"])
def test_edit_of_every_kind_is_drawn_and_breaks_no_law(draft, kind):
    answer, look = draft({"kind": kind, **EDITS[kind]()})
    assert answer.status_code == 201, answer.text
    [kept] = look("")["edits"]
    assert kept["kind"] == kind
    assert read_edit(kind, kept["params"]) is not None
    laws = {"gap", "overlap", "unmatched_edge", "outside_parent", "invalid"}
    assert [row for row in look("/problems")["problems"] if row["kind"] in laws] == []


def test_example_of_every_kind_is_one_that_the_api_takes(drafts):
    document = drafts.get("/openapi.json").json()
    mapping = document["paths"]["/plans/{plan_id}/edits"]["post"]["requestBody"]["content"][
        "application/json"]["schema"]["discriminator"]["mapping"]  # fmt: skip
    for kind in KINDS:
        schema = document["components"]["schemas"][mapping[kind].rsplit("/", 1)[-1]]
        [body] = schema["examples"]
        assert body.pop("kind") == kind
        assert read_edit(kind, body) is not None
        assert schema["description"]


def test_edits_of_all_kinds_in_one_plan_are_published_as_one_version(planner, city_conn):
    order = ["transfer", "reshape", "snap_border", "create", "split", "rename", "move_vertex",
             "reparent", "retire", "edit_exclusive", "create_exclusive"]  # fmt: skip
    plan = planner("/plans", json={"title": "all"}).json()["plan_id"]
    for kind in order:
        answer = planner(f"/plans/{plan}/edits", json={"kind": kind, **EDITS[kind]()})
        assert answer.status_code == 201, (kind, answer.text)
    codes = planner(f"/plans/{plan}").json()["edits"]
    assert len(codes) == len(order)
    for step in ("submit", "approve", "publish"):
        answer = planner(f"/plans/{plan}/{step}", json={})
        assert answer.status_code == 200, answer.text
    after = store.all_units(city_conn, 2)
    assert check_city(after, store.read_profile(city_conn)) == []
    households = sum(u.households for u in LEAVES)
    assert sum(u.households for u in after.values() if u.is_leaf) == households
    assert ONE.code not in after
    grids = store.exclusive_by_codes(city_conn, 2, [min(CITY.exclusive)])
    assert grids[min(CITY.exclusive)].shape != CITY.exclusive[min(CITY.exclusive)].shape
    assert len(store.exclusive_grids(city_conn, 2)) == len(CITY.exclusive) + 1


# --- broken edits: refused with a kind, a place, codes and a sentence; the draft stays ----------


def reshape(line, one=ONE, other=OTHER):
    return {"kind": "reshape", "between": [one.code, other.code], "line": line}


def split(line, code=ONE.code):
    return {"kind": "split", "code": code, "lines": [line]}


def transfer(shape):
    return {"kind": "transfer", "giver": ONE.code, "taker": OTHER.code, "geometry": geo(shape)}


def square(lon, lat, size=1e-4):
    return box(lon, lat, lon + size, lat + size)


def far_apart():
    return min(LEAVES, key=lambda u: u.shape.bounds[0]), max(
        LEAVES, key=lambda u: u.shape.bounds[2]
    )


X, Y = middle(ONE).x, middle(ONE).y
BOW = shapely.Polygon([(X, Y), (X + 1e-4, Y + 1e-4), (X + 1e-4, Y), (X, Y + 1e-4)])
WEST = CITY.root.shape.bounds[0]

BROKEN = {
    "outside the city": ("outside", lambda: {
        "kind": "create", "geometry": geo(square(WEST - 2e-4, Y, 4e-4))}),
    "outside the parent": ("outside", lambda: transfer(square(WEST - 2e-4, Y))),
    "crossing itself": ("invalid", lambda: transfer(BOW)),
    "a line crossing itself": ("crosses_itself", lambda: split(
        [[X - 0.01, Y], [X + 0.01, Y], [X, Y + 0.01], [X, Y - 0.01]])),
    "empty result": ("empty_result", lambda: transfer(ONE.shape)),
    "empty polygon": ("empty_result", lambda: {
        "kind": "create", "geometry": geo(square(X, Y, 1e-9))}),
    "metres for degrees": ("outside_city", lambda: split([[472_000.5, 3_841_000], [1, 1]])),
    "lat before lon": ("swapped_axes", lambda: split([[y, x] for x, y in across(ONE)])),
    "swapped polygon": ("swapped_axes", lambda: transfer(square(Y, X))),
    "unknown unit": ("not_there", lambda: split(across(ONE), "419901001001999")),
    "unknown parent": ("not_there", lambda: {
        "kind": "reparent", "codes": [ONE.code], "parent_code": "999"}),
    "unknown exclusive grid": ("not_there", lambda: {"kind": "retire_exclusive", "code": "999"}),
    "a unit that is no leaf": ("not_a_leaf", lambda: split(across(ONE), ONE.parent_code)),
    "units not adjacent": ("not_adjacent", lambda: reshape(bulge(), *far_apart())),
    "merging units not adjacent": ("not_adjacent", lambda: {
        "kind": "merge", "codes": [u.code for u in
                                   (LEAVES[0], next(u for u in LEAVES if u.level == LEAVES[0].level
                                    and u.shape.distance(LEAVES[0].shape) > 0))]}),
    "line that does not cut": ("does_not_cut", lambda: split([[X, Y], [X, Y + 1]])),
    "line off the border": ("not_on_border", lambda: reshape([[X, Y], [X + 1e-5, Y]])),
    "nothing changes": ("nothing_changes", lambda: {
        "kind": "rename", "code": ONE.code, "name": ONE.name}),
    "one unit twice": ("same_unit", lambda: {"kind": "merge", "codes": [ONE.code, ONE.code]}),
    "levels that differ": ("level_differs", lambda: {
        "kind": "merge", "codes": [ONE.code, ONE.parent_code]}),
    "the city": ("is_the_city", lambda: {"kind": "retire", "code": CITY.root.code}),
    "the city under another": ("is_the_city", lambda: {
        "kind": "reparent", "codes": [CITY.root.code], "parent_code": ONE.parent_code}),
    "a code given before": ("code_taken", lambda: {
        "kind": "create", "geometry": blob(at(0.5)), "code": OTHER.code}),
    "an exclusive code given before": ("code_taken", lambda: {
        "kind": "create_exclusive", "name": "x", "exclusive_kind": "x", "geometry": blob(at(0.5)),
        "code": min(CITY.exclusive)}),
    "an exclusive grid outside": ("outside", lambda: {
        "kind": "create_exclusive", "name": "x", "exclusive_kind": "x",
        "geometry": geo(square(WEST - 0.01, Y))}),
    "a code of another form": ("bad_code", lambda: {
        "kind": "create_exclusive", "name": "x", "exclusive_kind": "x", "geometry": blob(at(0.5)),
        "code": "E1"}),
    "an exclusive grid as it is": ("nothing_changes", lambda: {
        "kind": "edit_exclusive", "code": min(CITY.exclusive),
        "name": CITY.exclusive[min(CITY.exclusive)].name}),
    "children without an heir": ("no_heir", lambda: {"kind": "retire", "code": ONE.parent_code}),
    "its own heir": ("same_unit", lambda: {
        "kind": "retire", "code": ONE.code, "heirs": [ONE.code]}),
    "keep outside": ("outside", lambda: {**split(across(ONE)), "keep": [X + 1, Y]}),
    "keep is none of them": ("not_named", lambda: {
        "kind": "merge", "codes": [ONE.code, OTHER.code], "keep": HERE.code}),
    "the parent it has": ("nothing_changes", lambda: {
        "kind": "reparent", "codes": [ONE.code], "parent_code": ONE.parent_code}),
    "a leaf above": ("not_above", lambda: {
        "kind": "reparent", "codes": [ONE.code], "parent_code": HERE.code}),
    "nothing between it and the city": ("no_parent", lambda: {
        "kind": "create", "units": [next(u.code for u in UNITS.values()
                                         if u.parent_code == CITY.root.code)]}),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_broken_edit_is_refused_with_place_and_reason(draft, case):
    kind, edit = BROKEN[case]
    answer, look = draft(edit())
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "edit_refused"), body
    [problem] = body["problems"]
    assert problem["kind"] == kind, body
    west, south, east, north = CITY.root.shape.bounds
    assert west - 0.02 < problem["lon"] < east + 0.02
    assert south - 0.02 < problem["lat"] < north + 0.02
    assert len(problem["message"]) > 20
    assert look("")["edits"] == []


def test_edit_on_a_retired_unit_says_what_became_of_it(draft):
    answer, look = draft(
        {"kind": "merge", "codes": [ONE.code, OTHER.code], "keep": OTHER.code},
        {"kind": "rename", "code": ONE.code, "name": "x"},
    )
    assert answer.json()["problems"][0]["kind"] == "retired"
    assert f"/units/{ONE.code}/history" in answer.json()["detail"]
    assert len(look("")["edits"]) == 1


@pytest.mark.parametrize(
    ("edit", "key"),
    [
        ({"kind": "split", "code": "x", "lines": []}, "split.lines"),
        ({"kind": "split", "code": "x", "lines": [[[1, 2]]]}, "split.lines.0"),
        ({"kind": "rename", "code": "x"}, "rename"),
        ({"kind": "rename", "code": "x", "recode": True, "legal_parent_code": "y"}, "rename"),
        ({"kind": "create", "name": "x"}, "create"),
        ({"kind": "create", "geometry": blob(at(0.5)), "units": ["x"]}, "create"),
        ({"kind": "snap_border", "between": ["x", "y"], "onto": [[1, 2], [3, 4]],
          "tolerance_m": 0}, "snap_border.tolerance_m"),
        ({"kind": "reshape", "between": ["x"], "line": [[1, 2], [3, 4]]}, "reshape.between.1"),
        ({"kind": "transfer", "giver": "x", "taker": "y",
          "geometry": {**blob(at(0.5)), "crs": "EPSG:4547"}}, "transfer.geometry.Polygon.crs"),
        ({"kind": "reshape", "between": ["x", "y"], "line": [[1, 2], ["NaN", 4]]},
         "reshape.line.1.0"),
    ],
)  # fmt: skip
def test_edit_of_a_wrong_form_names_its_key(draft, edit, key):
    answer, look = draft(edit)
    assert (answer.status_code, answer.json()["key"]) == (400, key)
    assert look("")["edits"] == []


def test_guide_has_a_heading_for_every_kind_and_a_word_on_every_refusal():
    guide = (ROOT / "docs" / "planner.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^### `(\w+)`$", guide, re.M))
    assert headings == set(KINDS)
    folders = [ROOT / "gridgeo/geometry/edits", ROOT / "gridgeo/plans"]
    code = "".join(p.read_text(encoding="utf-8") for f in folders for p in f.rglob("*.py"))
    refusals = set(re.findall(r'(?:refused_\w+|refusal|EditRefused)\(\s*"(\w+)"', code))
    table = guide.partition("### Refused edits")[2]
    assert {kind for kind in refusals if f"`{kind}`" not in table} == set()


def test_form_of_an_edit_builds_the_same_edit_again():
    form = MoveVertexForm(kind="move_vertex", at=(1.0, 2.0), to=(3.0, 4.0))
    assert read_edit("move_vertex", {"at": [1.0, 2.0], "to": [3.0, 4.0]}) == form.edit()
