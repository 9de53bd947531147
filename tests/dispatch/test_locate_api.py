from datetime import timedelta

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from gridgeo.geometry.crs import from_wgs84

LEVELS = ["city", "district", "township", "community", "grid", "micro_grid"]
CENTRE = {"lon": 113.605, "lat": 34.705}
METRES = Transformer.from_crs("EPSG:4490", "EPSG:4547", always_xy=True)


def to_metres(geometry):
    return shapely.transform(geometry, lambda xy: np.column_stack(METRES.transform(*xy.T)))


def somewhere(count, seed=1):
    """Points in and around the tiny city, shape (count, 2), lon lat."""
    random = np.random.default_rng(seed)
    return random.uniform((113.5995, 34.6995), (113.6165, 34.7135), (count, 2))


def placements(client, points, **body):
    answer = client.post("/locate", json={"points": np.asarray(points).tolist(), **body})
    assert answer.status_code == 200, answer.text
    return [result["placement"] for result in answer.json()["results"]]


def refusal(client, **query):
    answer = client.get("/locate", params=query)
    body = answer.json()
    return answer.status_code, body["code"], body["key"]


def test_the_answer_has_the_shape_that_other_programs_rely_on(client):
    answer = client.get("/locate", params=CENTRE).json()
    assert list(answer) == [
        "point", "placement", "assignment", "decision", "candidates", "version", "valid_from",
    ]  # fmt: skip
    assert answer["point"] == CENTRE
    assert set(answer["placement"]) >= {"unit", "chain", "exclusive", "border", "reason", "nearest"}
    assert set(answer["placement"]["border"]) == {"distance_m", "point", "neighbour"}
    assert set(answer["assignment"]) >= {"party", "rule", "reason", "fallback"}
    assert set(answer["placement"]["unit"]) == {"code", "level", "name"}
    assert answer["version"] == 1


def test_the_chain_runs_from_the_city_down_and_every_level_contains_the_next(client, tiny_template):
    shapes = {unit.code: unit.shape for unit in tiny_template.made.units}
    parents = {unit.code: unit.parent_code for unit in tiny_template.made.units}
    points = somewhere(120)
    for point, placement in zip(points, placements(client, points), strict=True):
        chain = placement["chain"]
        levels = [unit["level"] for unit in chain]
        assert levels == LEVELS[: len(levels)]
        codes = [unit["code"] for unit in chain]
        assert [parents[code] for code in codes] == [None, *codes[:-1]][: len(codes)]
        assert all(shapes[code].covers(shapely.Point(point)) for code in codes)
        assert placement["unit"] == (chain[-1] if chain else None)
        assert (placement["reason"] == "outside_city") == (not chain)


def test_the_party_is_that_of_the_territory_unless_a_matter_is_named(client):
    plain = client.get("/locate", params=CENTRE).json()["assignment"]
    named = client.get("/locate", params={**CENTRE, "category": "06010"}).json()["assignment"]
    assert (plain["reason"], plain["fallback"]) == ("territorial_fallback", True)
    assert plain["rule"]["scope"] in plain["party"]["code"]
    assert (named["reason"], named["fallback"]) == ("unit_rule", False)
    assert named["party"]["kind"] == "sanitation"


def test_inside_an_exclusive_grid_its_parties_answer_for_their_matters(client, tiny_template):
    grid = tiny_template.made.exclusive_grids[0]
    inside = grid.shape.representative_point()
    query = {"lon": inside.x, "lat": inside.y}
    answer = client.get("/locate", params={**query, "category": "06010"}).json()
    assert answer["placement"]["exclusive"] == [{"code": grid.code, "name": grid.name}]
    assert answer["assignment"]["reason"] == "exclusive_grid"
    lead, *beside = grid.party_names
    assert answer["assignment"]["party"]["name"] == lead
    assert [party["name"] for party in answer["assignment"]["co_handlers"]] == beside
    other = client.get("/locate", params={**query, "category": "01"}).json()
    assert other["assignment"]["reason"] == "unit_rule"


def test_the_border_is_as_far_as_an_independent_measurement_says(client, tiny_template):
    leaves = {leaf.code: to_metres(leaf.shape) for leaf in tiny_template.made.leaves}
    points = somewhere(150, seed=2)
    inside = 0
    for point, placement in zip(points, placements(client, points), strict=True):
        if placement["unit"] is None:
            continue
        inside += 1
        here = to_metres(shapely.Point(point))
        away_m = here.distance(leaves[placement["unit"]["code"]].boundary)
        assert placement["border"]["distance_m"] == pytest.approx(away_m, abs=0.01)
        border = to_metres(shapely.Point(placement["border"]["point"]))
        assert here.distance(border) == pytest.approx(away_m, abs=0.02)
        neighbour = placement["border"]["neighbour"]
        if neighbour is not None:
            assert here.distance(leaves[neighbour["code"]]) == pytest.approx(away_m, abs=0.02)
    assert inside > 100


def test_outside_the_city_the_nearest_leaf_and_the_citys_own_party_are_named(client, tiny_template):
    answer = client.get("/locate", params={"lon": 113.5990, "lat": 34.7020}).json()
    placement = answer["placement"]
    here = to_metres(shapely.Point(113.5990, 34.7020))
    nearest = min(tiny_template.made.leaves, key=lambda leaf: here.distance(to_metres(leaf.shape)))
    assert (placement["unit"], placement["chain"], placement["border"]) == (None, [], None)
    assert placement["reason"] == "outside_city"
    assert placement["nearest"]["code"] == nearest.code
    assert placement["nearest"]["distance_m"] == pytest.approx(
        here.distance(to_metres(nearest.shape)), abs=0.01
    )
    assert answer["decision"] == "ask"
    assert answer["assignment"]["reason"] == "outside_city"
    assert answer["assignment"]["party"]["code"] == "U419900"


def disc(lon, lat, radius_m, count=20_000):
    """Points spread evenly over a disc (sunflower), in planar metres, shape (count, 2)."""
    number = np.arange(count) + 0.5
    radius, angle = radius_m * np.sqrt(number / count), number * np.pi * (3.0 - 5.0**0.5)
    x, y = METRES.transform(lon, lat)
    return np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])


def places_of_doubt(made):
    """A corner where three leaves meet, and a place inside, near the city's outline."""
    corners, owners = np.unique(
        np.vstack([np.unique(shapely.get_coordinates(u.shape), axis=0) for u in made.leaves]),
        axis=0, return_counts=True,
    )  # fmt: skip
    outline = shapely.union_all([leaf.shape for leaf in made.leaves]).boundary
    met = corners[owners >= 3]
    inmost = met[np.argmax(shapely.distance(shapely.points(met), outline))]
    return [inmost + 1e-5, np.array([113.6001, 34.702])]


def test_candidates_are_the_shares_of_the_disc_of_accuracy(client, tiny_template):
    made = tiny_template.made
    codes = [leaf.code for leaf in made.leaves]
    tree = shapely.STRtree([to_metres(leaf.shape) for leaf in made.leaves])
    for lon, lat in places_of_doubt(made):
        query = {"lon": lon, "lat": lat, "accuracy_m": 40.0}
        answer = client.get("/locate", params=query).json()
        assert answer["decision"] == "ask"
        told = {c["code"]: c["probability"] for c in answer["candidates"]}
        drawn = disc(lon, lat, 40.0)
        _, hits = tree.query(shapely.points(drawn), predicate="within")
        measured = {codes[i]: n / len(drawn) for i, n in enumerate(np.bincount(hits)) if n}
        assert set(told) >= set(measured)
        for code, share in told.items():
            assert share == pytest.approx(measured.get(code, 0.0), abs=0.01)
        assert sum(told.values()) == pytest.approx(len(hits) / len(drawn), abs=0.01)
        probabilities = [c["probability"] for c in answer["candidates"]]
        assert probabilities == sorted(probabilities, reverse=True)


def test_candidates_inside_the_city_sum_to_one(client, tiny_template):
    lon, lat = places_of_doubt(tiny_template.made)[0]
    for accuracy_m in (5, 50, 200):
        query = {"lon": lon, "lat": lat, "accuracy_m": accuracy_m}
        shares = [
            c["probability"] for c in client.get("/locate", params=query).json()["candidates"]
        ]
        assert sum(shares) == pytest.approx(1.0, abs=0.001)


def test_a_fix_is_sure_only_when_its_whole_disc_lies_in_one_leaf(client):
    border_m = client.get("/locate", params=CENTRE).json()["placement"]["border"]["distance_m"]
    sure = client.get("/locate", params={**CENTRE, "accuracy_m": border_m - 0.1}).json()
    ask = client.get("/locate", params={**CENTRE, "accuracy_m": border_m + 0.1}).json()
    assert (sure["decision"], sure["candidates"]) == ("sure", [])
    assert ask["decision"] == "ask" and len(ask["candidates"]) >= 2


def test_every_coordinate_system_gives_the_same_unit(client):
    points = somewhere(60, seed=3)
    known = placements(client, points)
    for crs in ("GCJ-02", "BD-09", "EPSG:4547", "EPSG:4490", "EPSG:3857"):
        x, y = from_wgs84(points[:, 0], points[:, 1], crs)
        for one, other in zip(
            known, placements(client, np.column_stack([x, y]), crs=crs), strict=True
        ):
            if one["border"] is None or one["border"]["distance_m"] > 0.01:
                assert one["chain"] == other["chain"], crs


def test_the_path_that_people_can_type_answers_as_the_query_does(client):
    whole = client.get("/locate", params=CENTRE).json()
    assert client.get("/locate/4326/113.605,34.705").json() == whole
    assert client.get("/locate/EPSG:4490/113.605,34.705").json()["placement"] == whole["placement"]


def test_at_names_a_version_by_number_or_by_instant(client):
    whole = client.get("/locate", params=CENTRE).json()
    born = client.get("/versions/1").json()["valid_from"]
    for at in ("1", born, "2999-01-01T00:00:00+08:00"):
        assert client.get("/locate", params={**CENTRE, "at": at}).json() == whole


def test_what_cannot_be_answered_is_refused_by_code_and_key(client):
    assert refusal(client, **CENTRE, at="2001-01-01T00:00:00Z") == (404, "not_found", "at")
    assert refusal(client, **CENTRE, at="2") == (404, "not_found", "at")
    assert refusal(client, **CENTRE, at="0") == (404, "not_found", "at")
    for garbage in ("yesterday", "-1", "1.5", "2026-01-01T00:00:00", "", "1" * 12):
        assert refusal(client, **CENTRE, at=garbage) == (400, "invalid_input", "at"), garbage
    for unknown in ("EPSG:999999", "EPSG:", "mars", "²"):
        assert refusal(client, **CENTRE, crs=unknown) == (400, "unknown_crs", "crs"), unknown
    assert refusal(client, lon=34.705, lat=113.605) == (400, "swapped_axes", "lon")
    for bad in ("nan", "inf", "-inf", "east"):
        assert refusal(client, lon=bad, lat=34.7) == (400, "invalid_input", "lon"), bad
    assert refusal(client, lat=34.7) == (400, "invalid_input", "lon")
    assert refusal(client, lon=200, lat=34.7) == (400, "invalid_input", "lon")
    assert refusal(client, lon=113, lat=91) == (400, "invalid_input", "lat")
    for radius in (-1, 5001, "nan"):
        assert refusal(client, **CENTRE, accuracy_m=radius) == (400, "invalid_input", "accuracy_m")
    assert refusal(client, **CENTRE, category="no") == (400, "unknown_value", "category")
    assert refusal(client, **CENTRE, category="06010", scheme="no")[1] == "unknown_value"
    assert client.get("/locate/4326/nan,34.7").status_code == 400
    assert client.get("/locate/4326/east,34.7").status_code == 400


def test_many_points_get_the_answers_that_each_gets_alone_in_order(client):
    points = somewhere(40, seed=4).tolist()
    body = {"points": points, "category": "06010"}
    together = client.post("/locate", json=body).json()
    assert together["version"] == 1
    for (lon, lat), result in zip(points, together["results"], strict=True):
        query = {"lon": lon, "lat": lat, "category": "06010"}
        assert client.get("/locate", params=query).json() == result


ODD = [
    [113.605, 34.705], [34.705, 113.605], [200, 34.7], [113.6, 91], [113.605], "113.605,34.705",
    [113.605, "34.705"], [True, 34.7], [10**400, 1], None, [113.5, 34.5],
]  # fmt: skip


def test_an_error_stays_in_its_row_and_the_lean_form_says_the_same(client):
    whole = client.post("/locate", json={"points": ODD}).json()["results"]
    fields = ["code", "level", "name", "reason"]
    lean = client.post("/locate", json={"points": ODD, "fields": fields}).json()["results"]
    assert [r.get("error", {}).get("code") for r in whole] == [
        None, "swapped_axes", *["invalid_input"] * 8, None,
    ]  # fmt: skip
    for one, other in zip(whole, lean, strict=True):
        if "error" in one:
            assert other == one
        else:
            unit = one["placement"]["unit"] or {"code": None, "level": None, "name": None}
            assert other == {**unit, "reason": one["placement"]["reason"]}


def test_a_point_with_no_place_on_earth_stays_in_its_row_too(client):
    x, y = (float(n) for n in from_wgs84(113.605, 34.705, "EPSG:4547"))
    body = {"points": [[x, y], [1e300, y], [x]], "crs": "EPSG:4547"}
    whole = client.post("/locate", json=body).json()["results"]
    lean = client.post("/locate", json={**body, "fields": "code"}).json()["results"]
    assert lean[0] == {"code": whole[0]["placement"]["unit"]["code"]}
    assert [row["error"]["code"] for row in lean[1:]] == ["not_a_coordinate", "invalid_input"]
    assert [row["error"] for row in lean[1:]] == [row["error"] for row in whole[1:]]


def test_numbers_that_json_does_not_know_stay_in_their_row(client):
    body = '{"points": [[NaN, 34.7], [Infinity, 34.7], ["\\ud800", 1]]}'
    results = client.post("/locate", content=body, headers={"Content-Type": "application/json"})
    assert [row["error"]["code"] for row in results.json()["results"]] == ["invalid_input"] * 3


def test_what_is_wrong_with_the_whole_batch_refuses_the_whole_batch(client):
    point = [113.605, 34.705]
    for body, status, key in (
        ({"points": [point], "crs": "mars"}, 400, "crs"),
        ({"points": [point], "crs": "mars", "fields": "code"}, 400, "crs"),
        ({"points": [point], "fields": "code,colour"}, 400, "fields"),
        ({"points": [point], "at": "never"}, 400, "at"),
        ({"points": [point], "category": "no"}, 400, "category"),
        ({"points": "all"}, 400, "points"),
        ({}, 400, "points"),
        ({"points": [point] * 100_001}, 413, "points"),
        ({"points": [point] * 100_001, "fields": "code"}, 413, "points"),
    ):
        answer = client.post("/locate", json=body)
        assert (answer.status_code, answer.json()["key"]) == (status, key)
    assert client.post("/locate", json={"points": []}).json() == {"results": [], "version": 1}
    only_bad = {"points": [None], "fields": "code"}
    assert "error" in client.post("/locate", json=only_bad).json()["results"][0]


def test_an_answer_is_explained_scope_by_scope(client):
    query = {**CENTRE, "category": "06010"}
    explained = client.get("/assign/explain", params=query).json()
    whole = client.get("/locate", params=query).json()
    assert explained["answer"] == whole
    codes = [unit["code"] for unit in reversed(whole["placement"]["chain"])]
    trace = explained["trace"]
    assert [step["scope"] for step in trace] == codes[: len(trace)]
    assert trace[-1]["rule_id"] == whole["assignment"]["rule"]["id"]
    assert trace[-1]["scope"] == whole["assignment"]["rule"]["scope"]
    assert {step["rule_id"] for step in trace[:-1]} == {None}
    outside = client.get("/assign/explain?lon=113.5&lat=34.5").json()["trace"]
    assert [step["reason"] for step in outside] == ["outside_city"]


def test_the_instant_chooses_the_rules_and_the_first_set_answers_before_it(client):
    born = client.get("/versions/1").json()["valid_from"]
    rules_from = client.get("/rules?limit=1").json()["valid_from"]
    assert timedelta(0) < np.datetime64(rules_from[:-1]).item() - np.datetime64(born[:-1]).item()
    answer = client.get("/locate", params={**CENTRE, "at": born}).json()
    assert answer["assignment"]["rule"]["rule_set"] == 1
