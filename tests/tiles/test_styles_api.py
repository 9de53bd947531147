"""Styles, sprites and glyphs as a client asks for them."""

import gzip
import json

import pytest

from gridgeo.errors import NotFound, Unavailable
from gridgeo.settings import ROOT
from gridgeo.tiles.style import assets
from gridgeo.tiles.style.styles import Styles

TILES = ROOT / "tiles"
REGULAR = "Noto Sans SC Regular"
LAYER = {"id": "ground", "type": "background"}


def tiles_of(style):
    return [url for source in style["sources"].values() for url in source["tiles"]]


def written(folder, name, **parts):
    """A small style in a folder; returns the styles of it."""
    (folder / "styles").mkdir(exist_ok=True)
    style = {"version": 8, "sources": {}, "layers": [], **parts}
    (folder / "styles" / f"{name}.json").write_text(json.dumps(style), encoding="utf-8")
    return Styles(folder)


def test_every_style_asks_only_this_server_and_names_no_key(shared_client):
    listed = shared_client.get("/styles.json").json()
    assert [one["name"] for one in listed] == Styles(TILES).names()
    for one in listed:
        assert one["zh"] != one["en"]
        answer = shared_client.get(one["url"])
        style = answer.json()
        for url in [*tiles_of(style), style["sprite"], style["glyphs"]]:
            assert url.startswith("http://testserver/")
        assert not any(word in answer.text.lower() for word in ("bearer", "authorization", "gg_"))


def test_tile_addresses_carry_what_the_style_was_asked_for(shared_client):
    asked = {"at": "2026-03-01T08:00:00+08:00", "plan": 7, "datum": "gcj02"}
    style = shared_client.get("/styles/day.json", params=asked).json()
    for url in tiles_of(style):
        assert url.endswith(".mvt?at=2026-03-01T08%3A00%3A00%2B08%3A00&plan=7&datum=gcj02")
    assert "?" not in style["sprite"] + style["glyphs"]
    assert all("?" not in url for url in tiles_of(shared_client.get("/styles/day.json").json()))


@pytest.mark.parametrize("query", ["datum=wgs72", "plan=0", "plan=x"])
def test_a_style_refuses_what_no_tile_understands(shared_client, query):
    answer = shared_client.get(f"/styles/day.json?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize(
    "path",
    ["/styles/density.json", "/sprites/day@2x.png", "/sprites/night.json",
     f"/glyphs/{REGULAR}/19968-20223.pbf"],
)  # fmt: skip
def test_what_a_client_has_is_not_sent_again(shared_client, path):
    first = shared_client.get(path)
    again = shared_client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert first.content


def test_an_unknown_name_is_not_found_and_the_answer_lists_the_names(shared_client):
    for path, names in (
        ("/styles/noon.json", Styles(TILES).names()),
        ("/sprites/noon.png", ["day.png", "night@2x.json"]),
        ("/glyphs/Comic Sans/0-255.pbf", assets.fonts(TILES)),
    ):
        answer = shared_client.get(path)
        assert answer.status_code == 404
        assert all(name in answer.json()["detail"] for name in names)


@pytest.mark.parametrize("name", ["../layers", "..%2Flayers", "%2Fetc%2Fpasswd", "*", "%00"])
def test_a_name_stays_in_its_folder(shared_client, name):
    for path in (f"/styles/{name}.json", f"/sprites/{name}", f"/glyphs/{name}/0-255.pbf"):
        assert shared_client.get(path).status_code == 404


def test_the_first_font_that_is_there_is_taken(shared_client):
    plain = shared_client.get(f"/glyphs/{REGULAR}/0-255.pbf").content
    stack = shared_client.get(f"/glyphs/Open Sans Regular,{REGULAR}/0-255.pbf").content
    assert plain == stack


def test_a_range_without_characters_is_an_empty_message(shared_client):
    for span in ("57344-57599", "1113856-1114111"):
        answer = shared_client.get(f"/glyphs/{REGULAR}/{span}.pbf")
        assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "span", ["1-256", "0-254", "0-511", "x", "-1-254", "1114112-1114367", "00-255"]
)
def test_a_range_that_no_client_asks_for_is_refused(shared_client, span):
    answer = shared_client.get(f"/glyphs/{REGULAR}/{span}.pbf")
    assert (answer.status_code, answer.json()["key"]) == (400, "span")


def test_glyphs_are_unpacked_for_a_client_that_cannot(shared_client):
    url = f"/glyphs/{REGULAR}/0-255.pbf"
    packed = shared_client.get(url)
    plain = shared_client.get(url, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_before_glyphs_are_made_the_answer_says_what_makes_them(tmp_path):
    with pytest.raises(NotFound, match="make up"):
        assets.glyphs(tmp_path, REGULAR, "0-255")


def test_files_for_a_map_without_server_are_those_that_styles_ask_for():
    found = dict(assets.files(TILES))
    assert found["sprites/day@2x.png"].startswith(b"\x89PNG")
    assert found[f"glyphs/{REGULAR}/0-255.pbf"] == gzip.decompress(
        assets.glyphs(TILES, REGULAR, "0-255")
    )
    assert len(found) == 8 + sum(
        len(list((TILES / "glyphs" / f).iterdir())) for f in assets.fonts(TILES)
    )


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version": 7}', '{"version": 8, "sources": [], "layers": []}', "\udcff"],
)
def test_a_file_that_is_no_style_is_told_by_its_name(tmp_path, text):
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "dusk.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(Unavailable, match=r"styles/dusk\.json .* is not a MapLibre style"):
        Styles(tmp_path).document("dusk")


def test_a_style_that_extends_one_that_is_not_there_is_told(tmp_path):
    styles = written(tmp_path, "dusk", metadata={"gridgeo:extends": "day"})
    with pytest.raises(Unavailable, match=r"styles/day\.json"):
        styles.document("dusk")


def test_an_extending_style_replaces_leaves_out_and_adds_in_place(tmp_path):
    a, b, c = ({"id": one, "type": "background"} for one in "abc")
    written(
        tmp_path, "day", layers=[a, b, c], sources={"one": {"tiles": []}}, sprite="/sprites/day",
        metadata={"gridgeo:theme": "day", "gridgeo:legend": [{"key": "x"}, {"key": "y"}]},
    )  # fmt: skip
    mine = {"id": "c", "type": "background", "paint": {"background-color": "#fff"}}
    rules = {
        "gridgeo:extends": "day", "gridgeo:without": ["b", "x"], "gridgeo:before": "b",
        "gridgeo:legend": [{"key": "z"}],
    }  # fmt: skip
    styles = written(
        tmp_path, "heat", layers=[LAYER, mine], sources={"two": {"tiles": []}}, metadata=rules
    )
    found = styles.document("heat")
    assert found["layers"] == [a, LAYER, mine]
    assert set(found["sources"]) == {"one", "two"}
    assert found["sprite"] == "/sprites/day"
    assert found["metadata"] == {
        "gridgeo:theme": "day", "gridgeo:legend": [{"key": "z"}, {"key": "y"}]
    }  # fmt: skip
