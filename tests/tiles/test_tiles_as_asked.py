"""One tile request: several layers, sets, datums, and who may see what, by either way."""

import gzip
from functools import partial

import brotli
import numpy as np
import pytest
import shapely
from drawn_worker import until
from strict_tile import decoded, faults_in, layers_of
from tile_squares import MERCATOR, fetch, mercator, tile_at, tiles_over

from gridgeo.geometry.crs import from_wgs84
from gridgeo.tiles.model import attribution
from gridgeo.tiles.packed_files import PackedFiles
from gridgeo.tiles.sources import Sources

COVERS = ["district", "township", "community", "grid", "micro_grid"]
GROUND = "road,building,place"


def parts_of(answer):
    return {layer.name: layer.messages for layer in layers_of(answer.content)}


# --- several layers ----------------------------------------------------------------------------


def test_layers_asked_for_together_are_those_of_each_alone_in_the_order_asked(ask):
    tile = tile_at(14)
    for names in (["grid", "micro_grid"], ["micro_grid", "grid"], ["road", "grid", "building"]):
        alone = b"".join(ask(name, *tile).content for name in names)
        together = ask(",".join(names), *tile)
        assert together.content == alone
        assert [layer.name for layer in layers_of(together.content)] == names
        assert together.headers["ETag"] != ask(names[0], *tile).headers["ETag"]


def test_a_layer_that_does_not_have_the_zoom_is_left_out(ask):
    tile = tile_at(10)
    assert ask("district,micro_grid", *tile).content == ask("district", *tile).content
    assert ask("building,micro_grid,district", *tile).content == ask("district", *tile).content


def test_a_set_is_its_layers(ask, drawn_client):
    names = drawn_client.app.state.catalogue.sets["city"]
    tile = tile_at(14)
    assert ask("city", *tile).content == ask(",".join(names), *tile).content
    assert {"micro_grid", "road"} <= {layer.name for layer in layers_of(ask("city", *tile).content)}


def test_a_tile_of_several_layers_is_not_sent_again_until_one_of_them_changes(ask):
    tile = tile_at(13)
    for names in ("grid,micro_grid", f"grid,{GROUND}"):
        tag = ask(names, *tile).headers["ETag"]
        again = ask(names, *tile, headers={"If-None-Match": f'W/{tag}, "x"'})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert ask(names, *tile, headers={"If-None-Match": "*"}).status_code == 304


def test_what_cannot_be_put_together_is_refused_by_its_key(drawn_client):
    tile = tile_at(14)
    many = ",".join([*COVERS, "label", "exclusive_grid", *GROUND.split(",")] * 2)
    for names, status in (
        ("grid,colour", 404), ("grid,", 404), (",", 404), ("grid,grid", 400), ("city,road", 400),
        (many, 400), ("micro_grid,building", 200),
    ):  # fmt: skip
        answer = fetch(drawn_client, names, *tile)
        assert answer.status_code == status, names
        if status != 200:
            assert answer.json()["key"] == "layer"
    nowhere = fetch(drawn_client, "micro_grid,building", *tile_at(2))
    assert (nowhere.status_code, nowhere.json()["key"]) == (404, "z")
    assert "12 to 18" in nowhere.json()["detail"]


def test_tilejson_of_several_layers_tells_of_each(drawn_client):
    told = drawn_client.get("/tiles/grid,road.json").json()
    alone = [drawn_client.get(f"/tiles/{name}.json").json() for name in ("grid", "road")]
    assert told["vector_layers"] == [one["vector_layers"][0] for one in alone]
    assert told["minzoom"] == min(one["minzoom"] for one in alone)
    assert told["maxzoom"] == max(one["maxzoom"] for one in alone)
    assert told["tiles"][0].endswith("/tiles/grid,road/{z}/{x}/{y}.mvt")
    assert drawn_client.get("/tiles/city.json").json()["name"] == "city"


# --- further out than its zooms ------------------------------------------------------------------


def test_a_zoom_that_is_only_drawn_comes_as_soon_as_the_map_is_drawn(
    drawn_client, as_role, monkeypatch
):
    ask = partial(fetch, drawn_client, "micro_grid", headers=as_role("viewer"))  # the endpoint
    assert ask(*tile_at(9)).status_code == 200
    monkeypatch.setattr(Sources, "drawn", lambda *_: None)
    answer = ask(*tile_at(9))
    said = answer.json()
    assert (answer.status_code, said["code"], said["key"]) == (503, "unavailable", "z")
    assert "is being drawn" in said["detail"] and int(answer.headers["Retry-After"]) > 0
    assert ask(*tile_at(12)).status_code == 200
    assert ask(*tile_at(9), at="1").status_code == 404
    assert ask(*tile_at(7)).status_code == 404


def test_a_zoom_that_is_only_drawn_is_not_there_where_nothing_is_drawn(client):
    answer = fetch(client, "micro_grid", *tile_at(9))
    assert (answer.status_code, answer.json()["key"]) == (404, "z")
    assert "Retry-After" not in answer.headers


# --- TileJSON ----------------------------------------------------------------------------------


def test_tilejson_says_where_the_city_is_and_whose_map_it_is(drawn_client):
    told = drawn_client.get("/tiles/micro_grid.json").json()
    west, south, east, north = told["bounds"]
    lon, lat, zoom = told["center"]
    assert west < lon < east and south < lat < north
    assert told["minzoom"] <= zoom <= told["maxzoom"] and zoom == 15
    assert told["review_number"] is None and told["map_version"] == 1
    assert "合成数据 synthetic data" in told["attribution"]


def test_a_map_says_its_source_and_its_review_number():
    said = {"attribution": "郑州市城市管理局", "review_number": "豫S(2026)1号"}
    assert attribution(said, is_synthetic=False) == "郑州市城市管理局 · 审图号 豫S(2026)1号"


# --- packing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"), ("br", "br"), ("gzip, deflate, br, zstd", "br"), ("identity", None),
        ("gzip, br;q=0.5", "gzip"), ("gzip;q=0, br;q=0", None), ("*", "br"), ("gzip;q=0", None),
        ("br;q=0, *", "gzip"), ("GZIP;Q=1", "gzip"), ("gzip;q=x", None),
        ("identity, gzip;q=0.5", None),
    ],
)  # fmt: skip
def test_a_tile_comes_packed_as_the_client_likes_best(ask, accepted, coding):
    tile = tile_at(13)
    plain = ask("micro_grid", *tile, headers={"Accept-Encoding": "identity"})
    packed = ask("micro_grid", *tile, headers={"Accept-Encoding": accepted})
    assert packed.headers.get("Content-Encoding") == coding
    assert packed.headers["ETag"] == plain.headers["ETag"]
    assert packed.headers["Vary"].startswith("Authorization, Accept-Encoding")
    size = {"gzip": len(gzip.compress(plain.content)), "br": len(brotli.compress(plain.content))}
    assert int(packed.headers["Content-Length"]) <= size.get(coding, len(plain.content)) * 1.15
    assert packed.content == plain.content


def test_head_tells_as_much_as_get_of_several_layers(ask, drawn_client):
    z, x, y = tile_at(14)
    for names in ("grid,micro_grid", "city"):
        for accepted in ("br", "gzip", "identity"):
            headers = {"Accept-Encoding": accepted}
            head = drawn_client.head(f"/tiles/{names}/{z}/{x}/{y}.mvt", headers=headers)
            got = ask(names, z, x, y, headers=headers)
            for name in ("ETag", "Content-Length", "Content-Type", "Cache-Control"):
                assert head.headers[name] == got.headers[name]
            assert head.headers["Vary"].startswith("Authorization, Accept-Encoding")
            assert (head.status_code, head.content) == (200, b"")


# --- who may see -------------------------------------------------------------------------------


def test_a_layer_that_needs_a_permission_needs_it_in_any_company(drawn_client, as_role):
    for tile in (tile_at(14), tile_at(12)):
        for names in ("device", "grid,device", "device,micro_grid", "city,device"):
            for role, status in ((None, 401), ("viewer", 403), ("dispatcher", 200)):
                answer = fetch(drawn_client, names, *tile, headers=as_role(role) if role else {})
                assert answer.status_code == status, (names, role)
            assert answer.headers["Cache-Control"] == "private, no-cache"
            assert "Authorization" in answer.headers["Vary"]


def test_what_one_may_not_see_comes_from_no_cache_and_no_304(drawn_client, as_role):
    tile = tile_at(14)
    headers = as_role("dispatcher")
    for names in ("device", "micro_grid,device"):
        seen = fetch(drawn_client, names, *tile, headers=headers)
        tag = {"If-None-Match": seen.headers["ETag"]}
        assert fetch(drawn_client, names, *tile, headers=headers | tag).status_code == 304
        for other in ({}, as_role("viewer")):
            for more in ({}, tag, {"If-None-Match": "*"}):
                answer = fetch(drawn_client, names, *tile, headers=other | more)
                assert answer.status_code in (401, 403)
                assert "ETag" not in answer.headers


def test_open_tiles_are_the_same_for_everybody(drawn_client, as_role):
    tile = tile_at(14)
    for names in ("grid", "city"):
        anybody, somebody = (
            fetch(drawn_client, names, *tile, headers=headers)
            for headers in ({}, as_role("operator"))
        )
        assert anybody.content == somebody.content
        assert anybody.headers["ETag"] == somebody.headers["ETag"]


def test_private_tiles_are_never_written_down(drawn_client, as_role, tmp_path, monkeypatch):
    files = PackedFiles(tmp_path, 2**20)
    monkeypatch.setattr(drawn_client.app.state.packer, "_files", files)
    headers = as_role("dispatcher") | {"Accept-Encoding": "br"}
    sent = fetch(drawn_client, "micro_grid,device", *tile_at(13), headers=headers)
    assert sent.headers["Content-Encoding"] == "br"
    assert list(tmp_path.iterdir()) == []
    fetch(drawn_client, "city", *tile_at(13), headers={"Accept-Encoding": "br"})
    assert len(list(tmp_path.glob("*/*.br"))) == 1


# --- datums ------------------------------------------------------------------------------------


def shifted_tile_at(z, datum, lon=113.605, lat=34.705):
    x, y = from_wgs84(lon, lat, datum)
    return tile_at(z, float(x), float(y))


def in_tile(tile, lonlat, datum):
    """Places in the tile units of a tile, of places in WGS 84, converted one by one."""
    z, x, y = tile
    lon, lat = from_wgs84(lonlat[:, 0], lonlat[:, 1], datum)
    east, north = MERCATOR.transform(lon, lat)
    world = 2 * 20_037_508.342789244
    across = (np.array(east) / world + 0.5) * 2**z - x
    down = (0.5 - np.array(north) / world) * 2**z - y
    return np.column_stack((across, down)) * 4096


def drawn_in(client, datum):
    """The tiles of a datum, once they are drawn."""
    fetch(client, "grid", *shifted_tile_at(14, datum), datum=datum)
    until(lambda: client.app.state.shifted.current(datum) is not None)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_point_stands_where_the_datum_has_it(drawn_client, tiny_template, datum):
    tile = shifted_tile_at(16, datum)
    true = {place.name: place for place in tiny_template.made.places}
    found = decoded(fetch(drawn_client, "place", *tile, datum=datum).content)
    assert found
    for feature in found:
        place = true[feature.attributes["name"]]
        expected = in_tile(tile, np.array([[place.point.x, place.point.y]]), datum)
        assert np.abs(np.array(feature.parts[0]) - expected).max() <= 1.0


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_every_vertex_is_converted_and_neighbours_still_fit(drawn_client, tiny_template, datum):
    drawn_in(drawn_client, datum)
    tile = shifted_tile_at(18, datum)
    answer = fetch(drawn_client, "micro_grid", *tile, datum=datum)
    assert answer.status_code == 200 and faults_in(answer.content) == []
    shapes = {leaf.code: leaf.shape for leaf in tiny_template.made.leaves}
    edges = set()
    for feature in decoded(answer.content):
        true = in_tile(tile, shapely.get_coordinates(shapes[feature.attributes["code"]]), datum)
        for ring in feature.rings:
            inner = [(x, y) for x, y in ring if -60 < x < 4156 and -60 < y < 4156]
            for place in inner:
                assert np.abs(true - place).max(axis=1).min() <= 3.0  # drawn to 1 unit, rounded
            edges |= set(zip(ring, ring[1:] + ring[:1], strict=True))
    inside = [(a, b) for a, b in edges if all(-64 < c < 4160 for place in (a, b) for c in place)]
    assert inside and all((b, a) in edges for a, b in inside)


def test_every_leaf_is_in_the_tiles_of_a_datum_drawn_or_not(drawn_client, tiny_template):
    leaves = {leaf.code for leaf in tiny_template.made.leaves}
    corners = np.array([[113.600, 34.700], [113.616, 34.713]])
    moved = np.column_stack(from_wgs84(corners[:, 0], corners[:, 1], "gcj02"))
    tiles = tiles_over(14, moved.ravel().tolist())
    drawn_in(drawn_client, "gcj02")
    for at in ({}, {"at": "1"}):
        found = {
            feature.attributes["code"]
            for tile in tiles
            for feature in decoded(
                fetch(drawn_client, "micro_grid", *tile, datum="gcj02", **at).content
            )
        }
        assert found == leaves
    pinned = fetch(drawn_client, "micro_grid", *tiles[0], datum="gcj02", at="1")
    assert pinned.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_tile_made_of_rows_says_what_one_made_at_once_says(drawn_client):
    tile = tile_at(15)
    for name in ("building", "road", "place", "micro_grid", "label", "exclusive_grid"):
        plain = fetch(drawn_client, name, *tile, at="1")
        moved = fetch(drawn_client, name, *shifted_tile_at(15, "bd09"), datum="bd09", at="1")
        here, there = (
            {feature.id: feature.attributes for feature in decoded(answer.content)}
            for answer in (plain, moved)
        )
        both = here.keys() & there.keys()
        assert both and all(here[number] == there[number] for number in both)


def test_an_unknown_datum_is_refused_with_those_there_are(drawn_client):
    for path in ("grid/14/1/1.mvt", "grid.json"):
        answer = drawn_client.get(f"/tiles/{path}?datum=tokyo")
        assert (answer.status_code, answer.json()["key"]) == (400, "datum")
        assert "gcj02" in answer.text and "bd09" in answer.text


def test_tilejson_of_a_datum_has_its_bounds_and_urls(drawn_client):
    plain = drawn_client.get("/tiles/grid.json").json()
    told = drawn_client.get("/tiles/grid.json?datum=bd09&at=1").json()
    assert told["tiles"][0].endswith(".mvt?at=1&datum=bd09")
    west, south, _, _ = plain["bounds"]
    assert told["bounds"][0] - west == pytest.approx(0.0126, abs=0.001)
    assert told["bounds"][1] - south == pytest.approx(0.0049, abs=0.002)


def test_mercator_of_the_test_is_that_of_the_tiles():
    tile = tile_at(14)
    place = in_tile(tile, np.array([[113.605, 34.705]]), "EPSG:4326")
    assert ((place >= 0) & (place <= 4096)).all()
    assert mercator(shapely.Point(113.605, 34.705)).x == pytest.approx(12646450, abs=1000)
