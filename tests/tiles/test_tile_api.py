import gzip
import json
from collections import Counter

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from tile_squares import CITY, box_of, fetch, mercator, tile_at, tiles_over

from gridgeo.errors import Unavailable
from gridgeo.tiles.store import bounds


def features(response):
    if response.status_code == 204:
        return []
    (layer,) = mapbox_vector_tile.decode(
        response.content, default_options={"y_coord_down": True}
    ).values()
    assert layer["extent"] == 4096
    return layer["features"]


def test_every_leaf_that_meets_a_tile_is_in_it(client, tiny_template):
    leaves = {leaf.code: mercator(leaf.shape) for leaf in tiny_template.made.leaves}
    for z in (12, 15, 17):
        seen = set()
        for tile in tiles_over(z):
            core, reach = box_of(*tile), box_of(*tile, margin=64 / 4096 + 1e-6)
            found = {f["properties"]["code"] for f in features(fetch(client, "micro_grid", *tile))}
            pixel_m2 = core.area / 4096**2
            meets = {
                code
                for code, shape in leaves.items()
                if shape.intersection(core).area > 4 * pixel_m2
            }
            assert meets <= found
            assert all(leaves[code].intersects(reach) for code in found)
            seen |= found
        assert seen == set(leaves)


def test_a_tile_draws_a_leaf_where_it_is(client, tiny_template):
    z, x, y = tile_at(15)
    core = box_of(z, x, y)
    west, _, _, north = core.bounds
    scale = 4096 / (core.bounds[2] - west)
    shapes = {leaf.code: mercator(leaf.shape) for leaf in tiny_template.made.leaves}
    for feature in features(fetch(client, "micro_grid", z, x, y)):
        drawn = shapely.geometry.shape(feature["geometry"])
        expected = shapely.transform(
            shapes[feature["properties"]["code"]],
            lambda xy: np.column_stack([(xy[:, 0] - west), (north - xy[:, 1])]) * scale,
        ).intersection(shapely.box(-64, -64, 4160, 4160))
        assert drawn.symmetric_difference(expected).area <= expected.length + 4


def test_an_id_names_the_same_unit_in_every_tile_and_zoom(client):
    codes = {}
    for tile in (*tiles_over(12), *tiles_over(15)):
        for feature in features(fetch(client, "micro_grid", *tile)):
            codes.setdefault(feature["id"], set()).add(feature["properties"]["code"])
    assert codes and all(len(known) == 1 for known in codes.values())
    assert len({code for known in codes.values() for code in known}) == len(codes)


def test_tiles_hold_the_fields_that_tilejson_says(client, as_role):
    operator = as_role("operator")
    event = {
        "channel": "other", "category": "06010", "lon": 113.605, "lat": 34.705,
        "occurred_at": "2026-03-01T08:00:00Z",
    }  # fmt: skip
    for number in "ab":
        client.post("/events", json={**event, "external_id": number}, headers=operator)
    catalogue = {found.layer.name: found for found in client.app.state.catalogue}
    for name, found in catalogue.items():
        told = client.get(f"/tiles/{name}.json").json()
        (layer,) = told["vector_layers"]
        assert told["tilejson"] == "3.0.0"
        assert (told["minzoom"], told["maxzoom"]) == (found.minzoom, found.maxzoom)
        assert told["bounds"] == pytest.approx(CITY)
        assert layer["id"] == name
        seen = set()
        for z, x, y in (*tiles_over(found.minzoom), *tiles_over(min(found.maxzoom, 16))):
            path = told["tiles"][0].format(z=z, x=x, y=y)
            for feature in features(client.get(path, headers=operator)):
                seen |= feature["properties"].keys()
        assert seen == set(layer["fields"]), name


def test_the_cover_at_each_level_is_whole(client, tiny_template):
    units = tiny_template.made.units
    leaves = {leaf.code for leaf in tiny_template.made.leaves}
    depth = ["city", "district", "township", "community", "grid", "micro_grid"].index
    for level in ("district", "township", "community", "grid", "micro_grid"):
        expected = {
            u.code
            for u in units
            if u.level == level or (u.code in leaves and depth(u.level) < depth(level))
        }
        found = {
            f["properties"]["code"]
            for tile in tiles_over(13)
            for f in features(fetch(client, level, *tile))
        }
        assert found == expected


def test_a_tile_that_has_not_changed_is_not_sent_again(client):
    tile = tile_at(14)
    first = fetch(client, "micro_grid", *tile)
    assert first.status_code == 200
    assert first.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
    tag = first.headers["ETag"]
    for sent in (tag, f"W/{tag}", f'"other", {tag}'):
        again = fetch(client, "micro_grid", *tile, headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
    other = fetch(client, "micro_grid", *tile, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_a_tile_comes_packed_to_who_can_unpack_it(client):
    tile = tile_at(13)
    packed = fetch(client, "micro_grid", *tile, headers={"Accept-Encoding": "gzip"})
    plain = fetch(client, "micro_grid", *tile, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < len(gzip.compress(plain.content)) * 1.1
    assert packed.content == plain.content
    assert (
        "Accept-Encoding" in packed.headers["Vary"] and "Accept-Encoding" in plain.headers["Vary"]
    )


def test_a_live_tile_is_asked_for_again_and_a_pinned_one_never(client, as_role):
    tile = tile_at(14)
    live, pinned = fetch(client, "grid", *tile), fetch(client, "grid", *tile, at="1")
    instant = fetch(client, "grid", *tile, at="2999-01-01T00:00:00Z")
    assert live.content == pinned.content == instant.content
    assert live.headers["Cache-Control"] == instant.headers["Cache-Control"] == "public, no-cache"
    assert pinned.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/tiles/grid.json?at=1").json()["tiles"][0].endswith("?at=1")


def test_what_does_not_stand_by_map_version_is_never_immutable(client, as_role):
    tile = tile_at(15)
    for layer in ("device", "place", "building", "road", "asset"):
        answer = fetch(client, layer, *tile, headers=as_role("operator"), at="1")
        assert answer.headers["Cache-Control"].endswith(", no-cache"), layer


def test_a_tile_with_nothing_in_it_is_204(client):
    far = fetch(client, "micro_grid", *tile_at(14, 113.0, 34.0))
    assert (far.status_code, far.content) == (204, b"")


def test_a_tile_that_is_not_there_is_404_by_its_key(client):
    z, x, y = tile_at(14)
    for path, status, key in (
        (f"micro_grid/7/{x}/{y}", 404, "z"), (f"micro_grid/19/{x}/{y}", 404, "z"),
        (f"micro_grid/14/{2**14}/{y}", 404, "x"), (f"micro_grid/14/{x}/{2**14}", 404, "y"),
        (f"colour/14/{x}/{y}", 404, "layer"), (f"micro_grid/14/-1/{y}", 400, "x"),
        (f"micro_grid/14/{2**40}/{y}", 400, "x"), (f"micro_grid/14/a/{y}", 400, "x"),
        (f"micro_grid/{z}/{x}/{y}.mvt?at=9", 404, "at"),
    ):  # fmt: skip
        answer = client.get("/tiles/" + (path if ".mvt" in path else f"{path}.mvt"))
        assert (answer.status_code, answer.json()["key"]) == (status, key), path
    assert client.get("/tiles/colour.json").json()["key"] == "layer"


def test_devices_are_shown_to_those_who_may_see_them_and_kept_by_no_proxy(
    client, as_role, tiny_template
):
    tile = tile_at(14)
    for role, status in ((None, 401), ("viewer", 403), ("analyst", 403), ("dispatcher", 200)):
        answer = fetch(client, "device", *tile, headers=as_role(role) if role else {})
        assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in answer.headers["Vary"]
    codes = {device.code for device in tiny_template.made.devices}
    assert {f["properties"]["code"] for f in features(answer)} <= codes


def test_labels_stand_inside_their_unit_and_once(client, tiny_template):
    shapes = {unit.code: mercator(unit.shape) for unit in tiny_template.made.units}
    seen = Counter()
    for tile in tiles_over(15):
        west, _, east, north = box_of(*tile).bounds
        for feature in features(fetch(client, "label", *tile)):
            x, y = (n * (east - west) / 4096 for n in feature["geometry"]["coordinates"])
            point = shapely.Point(west + x, north - y)
            assert shapes[feature["properties"]["code"]].distance(point) < (east - west) / 4096
            seen[feature["properties"]["code"]] += 1
    assert set(seen.values()) == {1}
    assert {leaf.code for leaf in tiny_template.made.leaves} <= set(seen)


def test_styles_are_json_and_name_layers_that_exist(client):
    layers = {found.layer.name for found in client.app.state.catalogue}
    for name in ("day", "night"):
        style = client.get(f"/styles/{name}.json")
        assert style.status_code == 200
        assert style.json()["version"] == 8
        used = {
            layer["source-layer"] for layer in style.json()["layers"] if "source-layer" in layer
        }
        assert used and used <= layers


def test_a_style_that_is_not_there_is_404_and_a_name_stays_in_its_folder(client):
    assert client.get("/styles/noon.json").json()["key"] == "name"
    for name in ("../layers", "..%2Flayers", "..%2F..%2Fdata%2Fprofiles", "%2Fetc%2Fpasswd", "*"):
        answer = client.get(f"/styles/{name}.json")
        assert answer.status_code == 404
        assert json.loads(answer.text)["status"] == 404


def test_a_version_without_a_city_has_no_bounds(city_conn):
    with pytest.raises(Unavailable, match="version 0 has no root"):
        bounds(city_conn, 0)
