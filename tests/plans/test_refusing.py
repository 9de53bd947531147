"""A city whose profile refuses edits at once that cut a building or leave a unit too small."""

from dataclasses import replace

import psycopg
import pytest
import shapely
from edits_by_kind import EDITS, LEAVES, ONE, at, blob

from gridgeo.units import store


@pytest.fixture
def strict(city_db, planner):
    """Draw one edit in a city that refuses problems of some kinds."""

    def draw(edit, *kinds):
        with psycopg.connect(city_db.owner) as conn:
            profile = store.read_profile(conn)
            document = {**profile.document, "edits": {"refuse": list(kinds)}}
            store.put_profile(conn, replace(profile, document=document))
        plan = planner("/plans", json={"title": "strict"}).json()["plan_id"]
        answer = planner(f"/plans/{plan}/edits", json=edit)
        return answer, planner(f"/plans/{plan}").json()["edits"]

    return draw


def require_refused(answer, edits, kind):
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "edit_refused"), body
    assert {problem["kind"] for problem in body["problems"]} == {kind}
    assert body["problems"][0]["lon"] > 113
    assert "profile" in body["detail"]
    assert edits == []


def test_border_through_a_building_is_refused(strict, city_conn):
    rows = city_conn.execute("SELECT ST_AsBinary(geom) FROM building WHERE households > 0")
    buildings = shapely.from_wkb([row[0] for row in rows])
    leaf = next(u for u in LEAVES if any(u.shape.contains(b.centroid) for b in buildings))
    spot = next(b.centroid for b in buildings if leaf.shape.contains(b.centroid))
    line = [[spot.x, leaf.shape.bounds[1] - 1e-4], [spot.x + 1e-6, leaf.shape.bounds[3] + 1e-4]]
    edit = {"kind": "split", "code": leaf.code, "lines": [line]}
    require_refused(*strict(edit, "cuts_building"), "cuts_building")


def test_unit_below_the_smallest_size_is_refused(strict):
    edit = {"kind": "create", "geometry": blob(at(0.5))}
    answer, edits = strict(edit, "below_minimum")
    require_refused(answer, edits, "below_minimum")
    assert answer.json()["problems"][0]["area_m2"] < 400


def test_edit_without_such_a_problem_is_drawn(strict):
    answer, edits = strict({"kind": "rename", **EDITS["rename"]()}, "below_minimum")
    assert (answer.status_code, len(edits)) == (201, 1)


def test_profile_that_names_no_kind_of_problem_says_so(strict):
    answer, edits = strict({"kind": "rename", "code": ONE.code, "name": "x"}, "ugly")
    assert (answer.status_code, answer.json()["key"]) == (400, "edits.refuse")
    assert "cuts_building" in answer.json()["detail"]
    assert edits == []
