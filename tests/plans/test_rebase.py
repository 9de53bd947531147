"""Two planners: a conflict is a shared edge, not a shared row; and a version that comes back."""

import psycopg
import pytest
import shapely
from shapely.geometry import LineString, shape

from gridgeo.geometry.changed_borders import border_segments
from gridgeo.units import store
from gridgeo.units.model import check_city


@pytest.fixture
def draft(planner):
    """Open a draft with edits; its path."""

    def make(*edits, title="draft"):
        path = f"/plans/{planner('/plans', json={'title': title}).json()['plan_id']}"
        for edit in edits:
            answer = planner(f"{path}/edits", json=edit)
            assert answer.status_code == 201, answer.text
        return path

    return make


@pytest.fixture
def published(planner, draft):
    """Publish edits as a plan of their own; its path."""

    def go(*edits, path=None, title="early"):
        path = path or draft(*edits, title=title)
        for step in ("submit", "approve", "publish"):
            answer = planner(f"{path}/{step}", json={})
            assert answer.status_code == 200, answer.text
        return path

    return go


@pytest.fixture
def _bare(city_db):
    """No building stands in the way of a border."""
    with psycopg.connect(city_db.owner) as conn:
        conn.execute("DELETE FROM building")


@pytest.fixture
def now(city_conn):
    """All units of a version, which are checked."""

    def read(version):
        after = store.all_units(city_conn, version)
        assert check_city(after, store.read_profile(city_conn)) == []
        city_conn.commit()
        return after

    return read


@pytest.fixture
def inner(units):
    """Corners inside the city that only two leaves have, by leaf: {code: [(lon, lat), ...]}."""
    [root] = [unit for unit in units.values() if unit.parent_code is None]
    inside = root.shape.buffer(-0.0008)
    leaves = {unit.code: unit.shape for unit in units.values() if unit.is_leaf}
    owners = {}
    for code, ground in leaves.items():
        for at in {tuple(p) for p in shapely.get_coordinates(ground).tolist()}:
            owners.setdefault(at, set()).add(code)
    found = {}
    for at, codes in sorted(owners.items()):
        if len(codes) == 2 and inside.contains(shapely.Point(at)):
            for code in codes:
                found.setdefault(code, []).append(at)
    return found


@pytest.fixture
def apart(units, inner):
    """A leaf and two of its corners that no edge joins and no third corner lies between."""
    for code, corners in sorted(inner.items()):
        edges = border_segments([units[code].shape])
        for one in corners:
            for other in corners:
                ends = {end for s in edges if one in (s[:2], s[2:]) for end in (s[:2], s[2:])}
                far = {end for s in edges if other in (s[:2], s[2:]) for end in (s[:2], s[2:])}
                if one < other and not ends & far:
                    return code, one, other
    raise AssertionError("no such leaf")


def has(ground, at):
    return at in {tuple(p) for p in shapely.get_coordinates(ground).tolist()}


def move(at, east=0.00001):
    return {"kind": "move_vertex", "at": list(at), "to": [round(at[0] + east, 7), at[1]]}


def test_a_unit_that_both_changed_on_two_sides_rebases_cleanly(
    planner, draft, published, apart, now
):
    code, one, other = apart
    mine = draft(move(one))
    published(move(other))
    before = planner(mine).json()
    moved = planner(f"{mine}/rebase", json={}).json()
    assert (moved["base_version"], moved["revision"]) == (2, before["revision"] + 1)
    published(path=mine)
    corners = {tuple(p) for p in shapely.get_coordinates(now(3)[code].shape).tolist()}
    assert {(round(p[0] + 0.00001, 7), p[1]) for p in (one, other)} <= corners
    assert planner(mine).json()["history"][0]["step"] == "rebase"


def test_a_border_that_both_changed_is_a_conflict_shown_as_the_shared_edge(
    planner, draft, published, units, apart
):
    code, one, _ = apart
    mine = draft(move(one))
    early = published(move(one, 0.00002), title="early")
    before = planner(mine).json()
    refused = planner(f"{mine}/rebase", json={})
    body = refused.json()
    assert (refused.status_code, body["code"]) == (409, "edge_conflict")
    row = body["problems"][0]
    assert (row["kind"], row["version"], row["actor"]) == ("shared_edge", 2, "local planner")
    assert row["plan_id"] == int(early.removeprefix("/plans/"))
    assert code in row["codes"]
    edge = shape(row["geometry"])
    assert isinstance(edge, LineString)
    assert one in {tuple(p) for p in edge.coords}
    assert units[code].shape.boundary.distance(shapely.Point(row["lon"], row["lat"])) < 1e-9
    assert planner(mine).json() == before


@pytest.mark.usefixtures("_bare")
def test_corners_that_another_plan_noded_are_no_conflict(planner, draft, published, units, now):
    leaf, *_ = sorted(
        (u for u in units.values() if u.is_leaf), key=lambda u: (-u.shape.area, u.code)
    )
    west, south, east, north = leaf.shape.bounds
    third = round(west + (east - west) / 3, 7)
    other = round(west + 2 * (east - west) / 3, 7)
    cuts = [{"kind": "split", "code": leaf.code, "lines": [[[x, south], [x, north]]],
             "keep": [round(west + (east - west) / 2, 7), round((south + north) / 2, 7)]}
            for x in (third, other)]  # fmt: skip
    mine = draft(cuts[0])
    [edit] = planner(mine).json()["edits"]
    published(cuts[1])
    moved = planner(f"{mine}/rebase", json={})
    assert moved.status_code == 200, moved.text
    [brought] = planner(mine).json()["edits"]
    assert brought["codes"] != edit["codes"]
    published(path=mine)
    assert len(now(3)) == len(units) + 2


def test_a_redraw_keeps_the_borders_that_others_moved(planner, draft, published, units, apart, now):
    code, one, other = apart
    leaf = units[code]
    [taker] = [u for u in units.values() if u.is_leaf and u.code != code and has(u.shape, one)]
    to = (round(one[0] + 0.00001, 7), one[1])
    redrawn = [
        {"code": u.code, "geometry": shapely.transform(u.shape, lambda xy: [
            to if tuple(c) == one else tuple(c) for c in xy]).__geo_interface__}
        for u in (leaf, taker)
    ]  # fmt: skip
    mine = draft({"kind": "replace", "units": redrawn})
    published(move(other))
    assert planner(f"{mine}/rebase", json={}).status_code == 200
    published(path=mine)
    corners = {tuple(p) for p in shapely.get_coordinates(now(3)[code].shape).tolist()}
    assert {to, (round(other[0] + 0.00001, 7), other[1])} <= corners


@pytest.mark.usefixtures("_bare")
def test_a_unit_that_is_no_more_and_a_name_that_both_gave_are_conflicts(
    planner, draft, published, units
):
    leaf = min((u for u in units.values() if u.is_leaf), key=lambda u: u.code)
    renamed = {"kind": "rename", "code": leaf.code, "name": "甲"}
    mine, late = draft(renamed), draft(renamed)
    published({"kind": "rename", "code": leaf.code, "name": "乙"})
    refused = planner(f"{mine}/rebase", json={}).json()
    [row] = refused["problems"]
    assert (row["kind"], row["codes"], row["version"]) == ("shared_word", [leaf.code], 2)
    published({"kind": "restore", "version": 1})
    published({"kind": "retire", "code": leaf.code})
    refused = planner(f"{late}/rebase", json={}).json()
    assert refused["code"] == "edge_conflict"
    assert refused["problems"][-1]["codes"] == [leaf.code]


def test_a_plan_on_the_live_map_and_one_that_is_no_draft(planner, draft, apart):
    path = draft(move(apart[1]))
    before = planner(path).json()
    assert planner(f"{path}/rebase", json={}).json()["revision"] == before["revision"]
    planner(f"{path}/submit", json={})
    assert planner(f"{path}/rebase", json={}).json()["code"] == "state_conflict"


@pytest.mark.usefixtures("_bare")
def test_restoring_after_three_publications_brings_back_map_codes_and_answers(
    planner, client, published, located, units, apart, inner, now
):
    code, one, other = apart
    leaf = units[code]
    spot = leaf.shape.representative_point()
    question = {"lon": spot.x, "lat": spot.y}
    first = client.get("/locate", params=question).json()
    published(move(one))
    published({"kind": "rename", "code": code, "name": "别名"}, move(other))
    published({"kind": "retire", "code": code})
    retired = client.get(f"/units/{code}/heirs").json()
    assert code not in {heir["code"] for heir in retired["heirs"]}
    assert sum(heir["area_share"] for heir in retired["heirs"]) == pytest.approx(1.0)
    answer = planner("/versions/1/restore", json={"title": "back"})
    assert answer.status_code == 201, answer.text
    published(path=f"/plans/{answer.json()['plan_id']}")
    assert now(5) == units
    back = located(5, **question)
    assert back["placement"]["unit"] == first["placement"]["unit"]
    assert back["placement"]["chain"] == first["placement"]["chain"]
    assert back["assignment"]["party"] == first["assignment"]["party"]
    versions = client.get("/versions").json()["versions"]
    assert [row["version"] for row in versions] == [5, 4, 3, 2, 1]
    spans = [(s["from_version"], s["until_version"])
             for s in client.get(f"/units/{code}/history").json()["states"]]  # fmt: skip
    assert spans == [(1, 2), (2, 3), (3, 4), (5, None)]
    assert client.get("/locate", params={**question, "at": "4"}).json() != back


def test_restoring_keeps_what_others_published_meanwhile(planner, published, apart, units, now):
    code, one, other = apart
    published(move(one))
    path = f"/plans/{planner('/versions/1/restore', json={}).json()['plan_id']}"
    sibling = max(u.code for u in units.values() if u.is_leaf and u.code != code)
    published({"kind": "rename", "code": sibling, "name": "新名"})
    assert planner(f"{path}/rebase", json={}).status_code == 200
    published(path=path)
    after = now(4)
    assert (after[code], after[sibling].name) == (units[code], "新名")
    late = f"/plans/{planner('/versions/2/restore', json={}).json()['plan_id']}"
    published(move(other))
    refused = planner(f"{late}/rebase", json={}).json()
    assert refused["code"] == "edge_conflict"
    assert refused["problems"][-1]["kind"] == "changed_since"
    assert code in refused["problems"][-1]["codes"]


def test_a_version_that_is_not_there_or_is_live_cannot_be_restored(planner):
    assert planner("/versions/7/restore", json={}).json()["key"] == "version"
    live = planner("/versions/1/restore", json={})
    assert live.status_code == 201
    path = f"/plans/{live.json()['plan_id']}"
    assert planner(f"{path}/submit", json={}).json()["code"] == "refused"
