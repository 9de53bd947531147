def names(client, q, **query):
    return [
        hit["name"] for hit in client.get("/search", params={"q": q, **query}).json()["results"]
    ]


def test_a_unit_is_found_first_by_name_pinyin_and_code(client):
    for q in ("东街街道", "dongjie", "Dong Jie", "419901001", " 东街街道 "):
        hit = client.get("/search", params={"q": q}).json()["results"][0]
        assert (hit["kind"], hit["code"], hit["level"]) == ("unit", "419901001", "township"), q
        west, south, east, north = hit["bbox"]
        assert west <= hit["lon"] <= east and south <= hit["lat"] <= north


def test_places_are_found_by_name_and_address_after_the_units(client, tiny_template):
    place = tiny_template.made.places[0]
    hits = client.get("/search", params={"q": place.name}).json()["results"]
    assert (hits[0]["kind"], hits[0]["name"]) == ("place", place.name)
    assert (hits[0]["lon"], hits[0]["lat"]) == (place.point.x, place.point.y)
    assert hits[0]["bbox"] is None
    assert place.name in names(client, place.address)
    kinds = [h["kind"] for h in client.get("/search?q=东街&limit=50").json()["results"]]
    assert kinds == sorted(kinds, key=("unit", "exclusive_grid", "place").index)


def test_an_exclusive_grid_is_found(client, tiny_template):
    grid = tiny_template.made.exclusive_grids[0]
    for q in (grid.name, grid.code):
        assert "exclusive_grid" in {
            hit["kind"] for hit in client.get("/search", params={"q": q}).json()["results"]
        }


def test_search_takes_its_text_literally_and_answers_nothing_with_nothing(client):
    for q in ("%", "_", "\\", "100%", "'; DROP TABLE unit; --", "没有这个地方"):
        assert names(client, q) == [], q
    assert len(names(client, "网格", limit=3)) == 3


def test_search_refuses_what_it_cannot_answer_by_name(client):
    for query, key in (
        ({}, "q"), ({"q": ""}, "q"), ({"q": "  "}, "q"), ({"q": "a\x00b"}, "q"),
        ({"q": "x" * 81}, "q"), ({"q": "a", "limit": 0}, "limit"),
    ):  # fmt: skip
        refused = client.get("/search", params=query)
        assert (refused.status_code, refused.json()["key"]) == (400, key)
