"""Styles, catalogue, sprites and glyphs tell one story."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from gridgeo.app import catalogue
from gridgeo.settings import ROOT
from gridgeo.synth.landmarks import WHOLE_CITY_LANDMARKS
from gridgeo.synth.overlays import _SORTS
from gridgeo.synth.places import _OF_COMMUNITY, _OF_TOWNSHIP
from gridgeo.tiles import assets
from gridgeo.tiles.styles import Styles

TILES = ROOT / "tiles"
VALIDATOR = ROOT / "web/node_modules/@maplibre/maplibre-gl-style-spec/dist/gl-style-validate.mjs"
STYLES = Styles(TILES)

every_style = pytest.mark.parametrize("name", STYLES.names())


def source_of(style: dict, layer: dict) -> dict:
    return style["sources"][layer["source"]]


def names_in(style: dict, source: dict) -> str:
    return re.fullmatch(r"/tiles/([\w,]+)/\{z\}/\{x\}/\{y\}\.mvt", source["tiles"][0])[1]


def strings(value: object) -> Iterator[str]:
    """Every string in a part of a style."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def fields_in(value: object) -> Iterator[str]:
    """The fields that expressions in a part of a style ask for."""
    if isinstance(value, list):
        if len(value) == 2 and value[0] in ("get", "has"):
            yield value[1]
        for part in value:
            yield from fields_in(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from fields_in(part)


def test_the_official_validator_accepts_every_style(tmp_path):
    files = []
    for name in STYLES.names():
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps(STYLES.document(name)), encoding="utf-8")
    node = shutil.which("node", path=f"{ROOT}/.venv/bin:/usr/local/bin:/usr/bin")
    for file in files:
        told = subprocess.run([node, VALIDATOR, file], capture_output=True, text=True, check=False)
        assert (told.returncode, told.stdout + told.stderr) == (0, "")


@every_style
def test_every_source_layer_and_field_is_in_the_catalogue(name):
    layers, style = catalogue(TILES), STYLES.document(name)
    for layer in style["layers"]:
        if "source" not in layer:
            continue
        source = source_of(style, layer)
        shown = {one.name: one for one in layers.choose(names_in(style, source)).layers}
        found = shown[layer["source-layer"]]
        used = set(fields_in([layer.get(key) for key in ("filter", "layout", "paint")]))
        assert used <= {*found.layer.fields, "rank"}, layer["id"]


@every_style
def test_every_layer_is_in_the_tiles_of_the_zooms_at_which_it_is_drawn(name):
    layers, style = catalogue(TILES), STYLES.document(name)
    for layer in style["layers"]:
        if "source" not in layer:
            continue
        source = source_of(style, layer)
        found = layers.get(layer["source-layer"])
        first = max(layer.get("minzoom", 0), source["minzoom"])
        assert found.minzoom <= int(first) or layer["type"] == "symbol", layer["id"]
        assert found.maxzoom >= min(source["maxzoom"], int(layer.get("maxzoom", 24)))


@every_style
def test_every_icon_and_font_is_there(name):
    style = STYLES.document(name)
    icons = json.loads(assets.sprite(TILES, style["sprite"].removeprefix("/sprites/") + ".json"))
    for layer in style["layers"]:
        wanted = [
            word
            for key in ("icon-image", "fill-pattern")
            for part in ("layout", "paint")
            for word in strings(layer.get(part, {}).get(key, []))
        ]
        named = [
            word for word in wanted if re.match(r"(place|device|event|ponding|hatch|dots)", word)
        ]
        assert {word for word in named if not word.endswith("-")} <= set(icons), layer["id"]
        assert bool(named) == bool(wanted)
        assert set(layer.get("layout", {}).get("text-font", [])) <= set(assets.fonts(TILES))
    assert any("text-font" in layer.get("layout", {}) for layer in style["layers"])


def test_every_kind_of_place_and_exclusive_grid_has_an_icon():
    icons = json.loads(assets.sprite(TILES, "day.json"))
    kinds = {mark.kind for mark in WHOLE_CITY_LANDMARKS} | {sort.kind for sort in _SORTS}
    kinds |= {place.kind for place in (*_OF_COMMUNITY, *_OF_TOWNSHIP)}
    assert {f"place-{kind}" for kind in kinds} <= set(icons)
