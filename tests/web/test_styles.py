"""The two styles and the tile catalogue tell one story."""

import json
import tomllib
from pathlib import Path

import pytest

TILES = Path(__file__).parents[2] / "tiles"


@pytest.mark.parametrize("name", ["day", "night"])
def test_every_source_has_the_zooms_of_the_catalogue(name):
    style = json.loads((TILES / "styles" / f"{name}.json").read_text(encoding="utf-8"))
    zooms = tomllib.loads((TILES / "layers.toml").read_text(encoding="utf-8"))
    for layer, source in style["sources"].items():
        assert source["tiles"] == [f"/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt"]
        for key in ("minzoom", "maxzoom"):
            assert source[key] == zooms[layer][key], layer


@pytest.mark.parametrize("name", ["day", "night"])
def test_no_style_draws_devices(name):
    style = (TILES / "styles" / f"{name}.json").read_text(encoding="utf-8")
    assert "device" not in json.loads(style)["sources"]
