"""Styles, catalogue, sprites and glyphs tell one story."""

import base64
import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from gridgeo.app import catalogue
from gridgeo.settings import ROOT
from gridgeo.synth.landmarks import WHOLE_CITY_LANDMARKS
from gridgeo.synth.overlays import _SORTS
from gridgeo.synth.places import _OF_COMMUNITY, _OF_TOWNSHIP
from gridgeo.tiles.style import assets, sprites
from gridgeo.tiles.style.styles import Styles

TILES = ROOT / "tiles"
STYLES = Styles(TILES)

TOPICS = {"households": "households", "workload": "events", "density": "events"}
LEVELS = ("micro_grid", "grid", "community", "township", "district")
EYES = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip
"""Linear RGB as such eyes see it: Machado, Oliveira and Fernandes (2009), severity 1."""

CELL_PX = 6
"""Browsers smooth edges each in its way; the means of such cells agree."""

APART = """async ({pictures, cells}) => {
    const [a, b] = await Promise.all(pictures.map(async (one) => {
        const picture = await fetch("data:image/png;base64," + one);
        const context = new OffscreenCanvas(...cells).getContext("2d");
        context.imageSmoothingQuality = "high";
        context.drawImage(await createImageBitmap(await picture.blob()), 0, 0, ...cells);
        return context.getImageData(0, 0, ...cells).data;
    }));
    const seen = (at) => Math.max(a[at | 3], b[at | 3]) / 255;
    return Math.max(...a.map((n, at) => Math.abs(n - b[at]) * seen(at)));
}"""
"""The most by which the mean colours of two pictures differ in any cell, 0 to 255."""

VALIDATE = """
import { readFileSync } from "node:fs";
import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
const styles = JSON.parse(readFileSync(0, "utf8"));
const wrong = Object.entries(styles).map(([name, style]) => [name, validateStyleMin(style)]);
console.log(JSON.stringify(wrong.filter(([, errors]) => errors.length)));
"""

every_theme = pytest.mark.parametrize("theme", ["day", "night"])
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


def hexes(value: object) -> list[str]:
    return [word for word in strings(value) if re.fullmatch(r"#[0-9a-f]{6}", word)]


def linear(colour: str) -> np.ndarray:
    """Linear RGB of an sRGB colour such as '#1f2e3d'."""
    share = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Contrast of two colours by WCAG 2.1, 1 to 21."""
    low, high = sorted(linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of linear RGB."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    share = np.array(to_xyz) @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    x, y, z = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def width_px(line: dict, zoom: float) -> float:
    """Width of a line at a zoom."""
    _, _, _, *stops = line["paint"]["line-width"]
    return float(np.interp(zoom, stops[::2], stops[1::2]))


def test_the_official_validator_accepts_every_style():
    styles = {name: STYLES.document(name) for name in STYLES.names()}
    styles["wrong"] = {**styles["day"], "glyphs": "/glyphs"}
    node = shutil.which("node", path=f"{ROOT}/.venv/bin:{os.environ['PATH']}")
    told = subprocess.run(
        [node, "--input-type=module", "--eval", VALIDATE], cwd=ROOT / "web",
        input=json.dumps(styles), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert [name for name, _ in json.loads(told.stdout)] == ["wrong"], told.stdout


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
def test_no_exclusive_grid_is_named_on_its_polygon_which_tiles_cut(name):
    for layer in STYLES.document(name)["layers"]:
        if "text-field" in layer.get("layout", {}):
            assert layer["source-layer"] != "exclusive_grid", layer["id"]


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


@every_theme
def test_text_stands_out_from_its_halo_and_the_halo_from_nothing_else(theme):
    """Contrast of WCAG 2.1, at least 4.5 to 1, on the halo and on the ground that it is like."""
    style = STYLES.document(theme)
    ground = style["layers"][0]["paint"]["background-color"]
    for layer in style["layers"]:
        paint = layer.get("paint", {})
        if layer["type"] != "symbol" or "text-halo-color" not in paint:
            continue
        colours = [paint["text-color"], *hexes(layer["layout"])]
        for colour in colours:
            assert contrast(colour, paint["text-halo-color"]) >= 4.5, (layer["id"], colour)
            assert contrast(colour, ground) >= 4.5, (layer["id"], colour)
        assert paint["text-halo-width"] >= 1.5
    counted = {layer["id"]: layer["paint"] for layer in style["layers"] if "paint" in layer}
    for layer in ("device", "event"):
        disc = counted[f"{layer}-cluster"]["circle-color"]
        assert contrast(counted[f"{layer}-count"]["text-color"], disc) >= 4.5


@every_theme
def test_borders_are_told_apart_without_colour(theme):
    """A border is wider than those of the level below; the two highest have more than one line."""
    layers = {layer["id"]: layer for layer in STYLES.document(theme)["layers"]}
    order = list(layers)
    for below, above in pairwise(f"{level}-line" for level in LEVELS):
        assert order.index(below) < order.index(above)
        for zoom in range(int(layers[below]["minzoom"]) + 1, 20):
            assert width_px(layers[above], zoom) >= 1.2 * width_px(layers[below], zoom), (
                above,
                zoom,
            )
    assert order.index("township-line") < order.index("township-gap")
    assert order.index("district-band") < order.index("district-line")


@pytest.mark.parametrize("name", [f"{topic}{end}" for topic in TOPICS for end in ("", "_night")])
def test_a_theme_has_nine_classes_that_everybody_can_order(name):
    """Lightness runs one way, for normal and for colour-blind eyes; neighbours differ visibly."""
    topic = name.removesuffix("_night")
    rows = {row["key"]: row for row in STYLES.document(name)["metadata"]["gridgeo:legend"]}
    colours = [rows[f"class_{n}"]["color"] for n in range(1, 10)]
    fill = next(one for one in STYLES.document(name)["layers"] if one["id"] == "theme-fill")
    match = fill["paint"]["fill-color"]
    assert [*match[3::2], match[-1]] == colours
    assert match[1] == ["get", f"{TOPICS[topic]}_class"]
    for eyes in EYES.values():
        seen = np.array([lab(eyes @ linear(colour)) for colour in colours])
        steps = np.diff(seen[:, 0])
        assert (np.sign(steps) == np.sign(steps[0])).all()
        assert np.linalg.norm(np.diff(seen, axis=0), axis=1).min() >= 4  # 2.3 is just seen


@pytest.mark.parametrize("topic", TOPICS)
def test_the_legend_tells_the_breaks_of_the_classes(topic):
    source = "density" if topic == "density" else "theme"
    zooms = tomllib.loads((TILES / "layers.toml").read_text(encoding="utf-8"))
    breaks = [f"{number:,}" for number in zooms[source]["classes"][TOPICS[topic]]]
    told = [f"< {breaks[0]} ", *(f"{a} – {b} " for a, b in pairwise(breaks)), f"≥ {breaks[-1]} "]
    for name in (topic, f"{topic}_night"):
        rows = STYLES.document(name)["metadata"]["gridgeo:legend"][:9]
        for row, words in zip(rows, told, strict=True):
            assert row["label"]["zh"].startswith(words)
            assert row["label"]["en"].startswith(words)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_theme_is_drawn_alike_by_day_and_night(topic):
    day, night = (STYLES.document(name) for name in (topic, f"{topic}_night"))
    assert [one["id"] for one in day["layers"]] == [one["id"] for one in night["layers"]]
    assert (day["sprite"], night["sprite"]) == ("/sprites/day", "/sprites/night")


@every_theme
def test_the_pictures_of_the_icons_are_what_the_icons_look_like(browser, theme):
    made = sprites.sheet(TILES, theme)
    size = {"width": made.width, "height": made.height}
    for ending, ratio in sprites.RATIOS.items():
        page = browser.new_page(viewport=size, device_scale_factor=ratio)
        page.set_content(made.page)
        drawn = page.screenshot(omit_background=True)
        kept = assets.sprite(TILES, f"{theme}{ending}.png")
        pictures = [base64.b64encode(one).decode() for one in (drawn, kept)]
        cells = [made.width // CELL_PX, made.height // CELL_PX]
        apart = page.evaluate(APART, {"pictures": pictures, "cells": cells})
        page.close()
        assert apart < 40, "run scripts/sprites.py"
