"""`/units/nearest` and `/units/related` against every unit measured by shapely, one by one."""

import json

import numpy as np
import pytest
import shapely

from gridgeo.geometry.crs import Planar
from gridgeo.geometry.relations import ExactPolygon
from gridgeo.units.model import Unit

INSIDE = (113.605, 34.705)
RELATIONS = {
    "touches": shapely.touches,
    "overlaps": shapely.overlaps,
    "covers": shapely.covers,
    "within": shapely.covered_by,
    "intersects": shapely.intersects,
}


@pytest.fixture
def planar(inputs) -> Planar:
    return Planar(inputs.profile.planar_srid)


@pytest.fixture
def units(tiny_template):
    made = tiny_template.made
    leaves = {leaf.code for leaf in made.leaves}
    return [
        Unit(unit.code, unit.level, unit.name, unit.parent_code, unit.shape, unit.code in leaves)
        for unit in made.units
    ]


@pytest.fixture
def near(shared_client):
    def near(lon, lat, **query):
        answer = shared_client.get("/units/nearest", params={"lon": lon, "lat": lat, **query})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return near


@pytest.fixture
def related(shared_client):
    def related(shape, relation, **query):
        geometry = json.loads(shapely.to_geojson(shape))
        body = {"geometry": geometry, "relation": relation, **query}
        answer = shared_client.post("/units/related", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return related


def chosen(units, level):
    return [unit for unit in units if (unit.is_leaf if level is None else unit.level == level)]


def by_hand(units, planar, lon, lat, k, within_m, level):
    at = planar.project(shapely.Point(lon, lat))
    rows = [
        (round(shapely.distance(at, planar.project(unit.shape)), 3), unit.code.encode(), unit)
        for unit in chosen(units, level)
    ]
    rows = sorted(row for row in rows if row[0] <= within_m)
    return [(unit.code, unit.level, unit.name, metres) for metres, _, unit in rows[:k]]


def told(answer):
    return [tuple(row[key] for key in ("code", "level", "name", "distance_m")) for row in answer]


@pytest.mark.parametrize("level", [None, "township", "community", "grid", "micro_grid", "city"])
def test_the_nearest_units_are_those_measured_one_by_one(near, units, planar, level):
    chance = np.random.default_rng(5)
    query = {} if level is None else {"level": level}
    for lon, lat in chance.uniform((113.595, 34.695), (113.622, 34.719), (25, 2)).tolist():
        for k, within_m in ((1, 10_000), (7, 400), (100, 10_000), (3, 1)):
            answer = near(lon, lat, k=k, within_m=within_m, **query)
            assert told(answer["units"]) == by_hand(units, planar, lon, lat, k, within_m, level)
            assert answer["version"] == 1
            assert answer["reason"] == (None if answer["units"] else "none_within")


def test_units_around_a_shared_corner_are_equally_near_and_in_code_order(near, units, planar):
    leaves = [unit.shape for unit in units if unit.is_leaf]
    corners = np.unique(np.concatenate([shapely.get_coordinates(s) for s in leaves]), axis=0)
    shared = [p for p in corners.tolist() if sum(s.touches(shapely.Point(p)) for s in leaves) > 2]
    assert shared
    for lon, lat in shared[:20]:
        found = told(near(lon, lat, k=5)["units"])
        assert found == by_hand(units, planar, lon, lat, 5, 1000, None)
        tied = [row[0] for row in found if row[3] == 0]
        assert len(tied) > 2
        assert tied == sorted(tied)
        assert [row[0] for row in told(near(lon, lat, k=2)["units"])] == tied[:2]


def test_far_from_the_city_nothing_is_near(near):
    assert near(10.0, 50.0)["units"] == []
    assert near(-179.9999, 89.9, k=100, within_m=10_000)["reason"] == "none_within"
    assert near(10.0, 50.0, level="city", within_m=10_000)["reason"] == "none_within"


@pytest.mark.parametrize(
    ("query", "code", "key"),
    [
        ({"lon": INSIDE[1], "lat": INSIDE[0]}, "swapped_axes", "lon"),
        ({"k": 0}, "invalid_input", "k"), ({"k": 101}, "invalid_input", "k"),
        ({"within_m": 0}, "invalid_input", "within_m"),
        ({"within_m": 10_001}, "invalid_input", "within_m"),
        ({"within_m": "nan"}, "invalid_input", "within_m"),
        ({"lon": "inf"}, "invalid_input", "lon"), ({"lon": 181}, "invalid_input", "lon"),
        ({"lat": -91}, "invalid_input", "lat"), ({"level": "street"}, "unknown_value", "level"),
    ],
)  # fmt: skip
def test_a_question_beyond_the_limits_is_refused_by_its_key(shared_client, query, code, key):
    point = {"lon": INSIDE[0], "lat": INSIDE[1]}
    answer = shared_client.get("/units/nearest", params={**point, **query})
    assert (answer.status_code, answer.json()["code"], answer.json()["key"]) == (400, code, key)


def test_too_many_candidates_are_refused_and_not_cut(shared_client, monkeypatch):
    monkeypatch.setattr("gridgeo.units.relations.MAX_CANDIDATES", 5)
    query = {"lon": INSIDE[0], "lat": INSIDE[1], "k": 6, "within_m": 9000}
    answer = shared_client.get("/units/nearest", params=query)
    assert (answer.status_code, answer.json()["key"]) == (413, "k")


def polygons(units):
    """Units, unions of them, boxes across their borders, one with a hole, and one elsewhere."""
    by_code = {unit.code: unit for unit in units}
    leaves = [unit for unit in units if unit.is_leaf]
    first, second = leaves[0].shape, leaves[7].shape
    centre = first.representative_point()
    return [
        first, by_code["419901001"].shape, shapely.union_all([leaf.shape for leaf in leaves[:5]]),
        shapely.box(113.6031, 34.7021, 113.6111, 34.7093), centre.buffer(1e-5),
        shapely.box(113.5, 34.6, 113.7, 34.8) - shapely.box(113.603, 34.702, 113.612, 34.711),
        shapely.MultiPolygon([first, shapely.box(113.70, 34.80, 113.71, 34.81)])
        if not first.touches(second) else second,
        shapely.box(10, 50, 10.1, 50.1),
    ]  # fmt: skip


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("level", [None, "township", "grid"])
def test_related_units_are_those_tested_one_by_one(related, units, relation, level):
    query = {} if level is None else {"level": level}
    for shape in polygons(units):
        expected = [
            (unit.code, unit.level, unit.name)
            for unit in chosen(units, level)
            if RELATIONS[relation](unit.shape, shape)
        ]
        answer = related(shape, relation, limit=1000, **query)
        found = [(row["code"], row["level"], row["name"]) for row in answer["units"]]
        assert found == sorted(expected)
        assert answer["next"] is None


def test_a_unit_covers_and_lies_within_itself_and_touches_its_neighbours(
    related, shared_client, units
):
    leaf = next(unit for unit in units if unit.is_leaf)
    for relation in ("covers", "within"):
        rows = related(leaf.shape, relation)["units"]
        assert [row["code"] for row in rows] == [leaf.code]
    around = shared_client.get(f"/units/{leaf.code}/neighbours").json()["neighbours"]
    touching = {row["code"] for row in related(leaf.shape, "touches")["units"]}
    assert {row["code"] for row in around} <= touching


def hostile(units, chance):
    """Triangles with a corner on a unit's edge, as well as doubles tell, or an ulp beside it."""
    for unit in chance.choice(units, 4):
        ring = shapely.get_coordinates(unit.shape)
        k = chance.integers(len(ring) - 1)
        x, y = ring[k] + chance.uniform(0.1, 0.9) * (ring[k + 1] - ring[k])
        y = np.nextafter(y, y + chance.integers(-1, 2))
        away = chance.uniform(-0.002, 0.002, (2, 2))
        corner = np.array([x, y])
        yield shapely.Polygon([corner, *(corner + away)])
        yield shapely.Polygon([ring[k], corner, ring[k + 1], ring[k] + away[0]])


@pytest.mark.parametrize("relation", RELATIONS)
def test_beside_an_edge_the_doubles_decide_and_no_rounding(related, units, relation):
    exact = [(unit, ExactPolygon(unit.shape)) for unit in chosen(units, None)]
    shapes = [s for s in hostile(chosen(units, None), np.random.default_rng(3)) if s.is_valid]
    assert len(shapes) > 4
    for shape in shapes:
        given = ExactPolygon(shape)
        expected = [unit.code for unit, one in exact if one.compare(given).stands(relation)]
        found = [row["code"] for row in related(shape, relation, limit=1000)["units"]]
        assert found == sorted(expected)


def test_related_units_come_page_by_page(related, units):
    whole = related(shapely.box(113.5, 34.6, 113.7, 34.8), "intersects", limit=1000)["units"]
    paged, after = [], None
    while True:
        page = related(
            shapely.box(113.5, 34.6, 113.7, 34.8), "intersects", limit=7,
            **({} if after is None else {"after": after}),
        )  # fmt: skip
        paged += page["units"]
        after = page["next"]
        if after is None:
            break
    assert paged == whole
    assert len(whole) == len(chosen(units, None))


SQUARE = [[113.60, 34.70], [113.61, 34.70], [113.61, 34.71], [113.60, 34.71], [113.60, 34.70]]


def polygon(ring):
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.mark.parametrize(
    ("change", "status", "code", "key"),
    [
        ({"geometry": polygon([p[::-1] for p in SQUARE])}, 400, "swapped_axes", "geometry"),
        ({"geometry": polygon([SQUARE[n] for n in (0, 2, 1, 3, 4)])}, 400, "invalid_shape",
         "reason"),
        ({"geometry": polygon(SQUARE[:3])}, 400, "invalid_input", "geometry"),
        ({"geometry": polygon([[181, 0], [182, 0], [182, 1], [181, 0]])}, 400, "invalid_input",
         "geometry"),
        ({"geometry": {"type": "Polygon", "coordinates": []}}, 400, "invalid_input", "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [113.6, 34.7]}}, 400, "invalid_input",
         "geometry"),
        ({"geometry": {"type": "Polygon", "coordinates": "no"}}, 400, "invalid_input", "geometry"),
        ({"geometry": {}}, 400, "invalid_input", "geometry"),
        ({"geometry": polygon([[100, 20], [120, 20], [120, 40], [100, 40], [100, 20]])}, 413,
         "too_large", "geometry"),
        ({"relation": "near"}, 400, "invalid_input", "relation"),
        ({"level": "street"}, 400, "unknown_value", "level"),
        ({"limit": 1001}, 400, "invalid_input", "limit"),
        ({"at": "99"}, 404, "not_found", "at"),
    ],
)  # fmt: skip
def test_what_is_no_question_about_a_polygon_is_refused(shared_client, change, status, code, key):
    body = {"geometry": polygon(SQUARE), "relation": "intersects", **change}
    answer = shared_client.post("/units/related", json=body)
    assert (answer.status_code, answer.json()["code"], answer.json()["key"]) == (status, code, key)


def test_a_polygon_of_too_many_vertices_is_refused(shared_client):
    ring = shapely.get_coordinates(shapely.Point(INSIDE).buffer(0.01, quad_segs=2501)).tolist()
    body = {"geometry": polygon(ring), "relation": "intersects"}
    answer = shared_client.post("/units/related", json=body)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_past_map_is_asked_by_at(shared_client, near):
    assert near(*INSIDE, at="1") == near(*INSIDE)
    query = {"lon": INSIDE[0], "lat": INSIDE[1], "at": "2"}
    assert shared_client.get("/units/nearest", params=query).status_code == 404
