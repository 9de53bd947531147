"""What differs between versions and plans, against reading both maps whole."""

import csv
import io
import math

import mapbox_vector_tile
import psycopg
import pytest
import shapely
from databases import client_on, cloned
from memory_map import MemoryMap
from random_planner import RandomPlanner
from shapely.geometry import shape

from gridgeo.app import FOLLOWERS
from gridgeo.geometry.crs import Planar
from gridgeo.plans.diff_api import MVT
from gridgeo.units import store
from gridgeo.units.publish import Record, publish

PLANAR = Planar(4547)
EDITS = (("split", 1), ("rename", 2), ("merge", 5), ("reparent", 4), ("transfer", 7), ("recode", 8))


@pytest.fixture(scope="module")
def history(cluster, tiny_template):
    """A copy of the tiny city with seven versions: a client of it, and the units of each."""
    with cloned(cluster, tiny_template.template) as dsns, psycopg.connect(dsns.app) as conn:
        maps = {1: store.all_units(conn, 1)}
        for version, (kind, seed) in enumerate(EDITS, start=1):
            base = MemoryMap(maps[version], {}, store.read_profile(conn))
            base.given |= {code for (code,) in conn.execute("SELECT code FROM unit_code")}
            plan = base.plan()
            change = plan.after(RandomPlanner(plan, seed).edit(kind)).done
            publish(conn, change.units, FOLLOWERS, Record("test", version))
            conn.commit()
            maps[version + 1] = store.all_units(conn, version + 1)
        with client_on(dsns) as client:
            yield client, maps


@pytest.fixture
def client(history):
    return history[0]


@pytest.fixture
def maps(history):
    return history[1]


@pytest.fixture
def call(client, as_role):
    def ask(path, **body):
        method = client.post if "json" in body else client.get
        return method(path, headers=as_role("planner"), **body)

    return ask


def differing(one, other):
    return {
        code: (one.get(code), other.get(code))
        for code in one.keys() | other.keys()
        if one.get(code) != other.get(code)
    }


@pytest.mark.parametrize(("a", "b"), [(1, 7), (1, 2), (3, 4), (5, 2), (7, 1), (4, 4)])
def test_versions_differ_by_exactly_what_reading_both_whole_tells(client, maps, a, b):
    answer = client.get(f"/versions/{a}/diff/{b}").json()
    expected = differing(maps[a], maps[b])
    assert [row["code"] for row in answer["units"]] == sorted(expected)
    assert answer["total"] == len(expected)
    for row in answer["units"]:
        for key, side, unit in zip(("old", "new"), ("before", "after"), expected[row["code"]],
                                   strict=True):  # fmt: skip
            assert (row[side] is None) == (unit is None)
            if unit is not None:
                assert shape(row[key]).equals(unit.shape)
                assert row[side]["households"] == unit.households
                assert row[side]["parent_code"] == unit.parent_code
                assert row[side]["area_m2"] == pytest.approx(PLANAR.area_m2(unit.shape), abs=0.01)


def test_each_thing_that_may_happen_to_a_unit_has_its_word(client):
    counts = [client.get(f"/versions/{n}/diff/{n + 1}").json()["counts"] for n in range(1, 7)]
    assert counts[0]["created"] >= 1
    assert counts[1] == {"renamed": 1}
    assert counts[2]["retired"] == 1
    assert counts[3]["reparented"] >= 1
    assert counts[4]["reshaped"] >= 2
    assert counts[5]["created"] == counts[5]["retired"] >= 1


def test_ground_that_changes_hands_sums_to_what_each_leaf_lost(client, maps):
    answer = client.get("/versions/1/diff/7").json()
    lost = dict.fromkeys((row["from"] for row in answer["moved"]), 0.0)
    for row in answer["moved"]:
        lost[row["from"]] += row["area_m2"]
    assert lost
    for code, area_m2 in lost.items():
        kept = shapely.Polygon()
        if code in maps[7]:
            kept = maps[1][code].shape.intersection(maps[7][code].shape)
        gone = PLANAR.area_m2(maps[1][code].shape) - PLANAR.area_m2(kept)
        assert area_m2 == pytest.approx(gone, abs=0.5)


def test_pages_are_the_whole_and_each_unit_comes_once(client):
    whole = client.get("/versions/1/diff/7").json()
    units, moved, after = [], [], ""
    while after is not None:
        query = f"&after={after}" if after else ""
        page = client.get(f"/versions/1/diff/7?limit=3{query}").json()
        assert (page["total"], page["counts"]) == (whole["total"], whole["counts"])
        units += page["units"]
        moved += page["moved"]
        after = page["next"]
    assert units == whole["units"]
    assert sorted(moved, key=str) == sorted(whole["moved"], key=str)


def test_the_table_has_a_row_for_each_unit(client):
    answer = client.get("/versions/1/diff/7?f=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    document = client.get("/versions/1/diff/7").json()
    assert [row["code"] for row in rows] == [row["code"] for row in document["units"]]
    assert [row["change"].split("+") for row in rows] == [u["changes"] for u in document["units"]]
    given = {(row["code"], part.split(":")[0]) for row in rows for part in row["ground_to"].split()}
    assert given == {(move["from"], move["to"]) for move in document["moved"]}
    short = client.get("/versions/1/diff/7?f=csv&limit=1")
    assert 'rel="next"' in short.headers["link"]


def test_geojson_holds_units_and_the_ground_between_them(client):
    answer = client.get("/versions/1/diff/7?f=geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    document = client.get("/versions/1/diff/7").json()
    features = answer.json()["features"]
    kinds = [feature["properties"]["kind"] for feature in features]
    assert kinds.count("unit") == len(document["units"])
    assert kinds.count("moved") == len(document["moved"])
    assert all(shape(feature["geometry"]).is_valid for feature in features)


def test_a_level_narrows_the_diff(client):
    answer = client.get("/versions/1/diff/7?level=grid").json()
    assert {row["level"] for row in answer["units"]} <= {"grid"}
    assert client.get("/versions/1/diff/7?level=street").json()["key"] == "level"


@pytest.mark.parametrize("path", ["/versions/1/diff/99", "/versions/0/diff/1",
                                  "/versions/1/diff/99999999999"])  # fmt: skip
def test_versions_that_do_not_exist_are_not_found(client, path):
    assert client.get(path).status_code == 404


def test_what_was_undone_over_versions_does_not_differ(client, maps):
    there = {row["code"] for row in client.get("/versions/2/diff/3").json()["units"]}
    back = client.get("/versions/3/diff/2").json()
    assert {row["code"] for row in back["units"]} == there
    assert back["counts"] == {"renamed": 1}


def test_plans_compare_with_their_base_with_versions_and_with_each_other(call, maps):
    code = min(code for code, unit in maps[7].items() if unit.is_leaf and code in maps[1])
    paths = []
    for name in ("one", "other"):
        path = f"/plans/{call('/plans', json={'title': name}).json()['plan_id']}"
        edit = {"kind": "rename", "code": code, "name": name}
        assert call(f"{path}/edits", json=edit).status_code == 201
        paths.append(path)
    own = call(f"{paths[0]}/diff").json()
    assert (own["counts"], own["base_version"], own["against"]) == ({"renamed": 1}, 7, "7")
    pair = call(f"{paths[1]}/diff?against=plan:{own['plan_id']}").json()["units"]
    assert [(row["before"]["name"], row["after"]["name"]) for row in pair] == [("one", "other")]
    since = call(f"{paths[0]}/diff?against=1").json()["units"]
    renamed = {**maps[7], code: maps[7][code]}
    assert {row["code"] for row in since} == {*differing(maps[1], renamed), code}
    assert call(f"{paths[0]}/diff?against=7").json()["units"] == own["units"]
    for wrong, key in (("x", "against"), ("plan:999", "plan_id"), ("99", "at")):
        assert call(f"{paths[0]}/diff?against={wrong}").json()["key"] == key


def tile_of(lon, lat, z=17):
    share = math.asinh(math.tan(math.radians(lat))) / math.pi
    return z, int((lon + 180) / 360 * 2**z), int((1 - share) / 2 * 2**z)


def test_the_overlay_of_a_plan_shows_its_leaves_and_the_ground_between_them(call, maps):
    leaf = min((u for u in maps[7].values() if u.is_leaf), key=lambda u: u.code)
    path = f"/plans/{call('/plans', json={'title': 'overlay'}).json()['plan_id']}"
    west, south, east, north = leaf.shape.bounds
    line = [[(west + east) / 2, south - 0.001], [(west + east) / 2 + 0.00001, north + 0.001]]
    cut = call(f"{path}/edits", json={"kind": "split", "code": leaf.code, "lines": [line]})
    assert cut.status_code == 201, cut.text
    at = leaf.shape.representative_point()
    z, x, y = tile_of(at.x, at.y)
    tile = call(f"{path}/diff/{z}/{x}/{y}.mvt")
    assert (tile.status_code, tile.headers["content-type"]) == (200, MVT)
    features = mapbox_vector_tile.decode(tile.content)["plan_diff"]["features"]
    told = [feature["properties"] for feature in features]
    units = call(f"{path}/diff").json()["units"]
    assert {row["code"] for row in told if row["kind"] == "unit"} <= {u["code"] for u in units}
    assert {row["from"] for row in told if row["kind"] == "moved"} == {leaf.code}
    assert call(f"{path}/diff/{z}/0/0.mvt").status_code == 204
    for wrong in ("23/0/0", f"{z}/{2**z}/0", f"{z}/0/-1"):
        assert call(f"{path}/diff/{wrong}.mvt").status_code == 404
    assert call("/plans/999/diff/0/0/0.mvt").json()["key"] == "plan_id"
