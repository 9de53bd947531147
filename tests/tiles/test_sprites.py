"""The sheet of icons."""

import json
import shutil
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from gridgeo.settings import ROOT
from gridgeo.tiles.style.sprites import GAP_PX, RATIOS, SHEET_PX, sheet, themes

TILES = ROOT / "tiles"


@pytest.mark.parametrize("theme", themes(TILES))
def test_no_two_icons_touch_and_all_lie_in_the_sheet(theme):
    made = sheet(TILES, theme)
    assert {icon.name for icon in made.icons} == {p.stem for p in (TILES / "icons").glob("*.svg")}
    for icon in made.icons:
        assert 0 <= icon.x <= SHEET_PX - icon.width
        assert 0 <= icon.y <= made.height - icon.height
    for a, b in combinations(made.icons, 2):
        beside = a.x + a.width + GAP_PX <= b.x or b.x + b.width + GAP_PX <= a.x
        above = a.y + a.height + GAP_PX <= b.y or b.y + b.height + GAP_PX <= a.y
        assert beside or above, (a.name, b.name)


@pytest.mark.parametrize("theme", themes(TILES))
@pytest.mark.parametrize("ending", RATIOS)
def test_the_index_that_is_served_is_that_of_the_icons(theme, ending):
    made = sheet(TILES, theme)
    served = (TILES / "sprites" / f"{theme}{ending}.json").read_text(encoding="utf-8")
    assert json.loads(served) == made.index(RATIOS[ending]), "run scripts/sprites.py"
    picture = (TILES / "sprites" / f"{theme}{ending}.png").read_bytes()
    size = tuple(int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    assert size == (made.width * RATIOS[ending], made.height * RATIOS[ending])


@pytest.mark.parametrize("theme", themes(TILES))
def test_every_class_that_an_icon_is_coloured_by_has_a_colour(theme):
    css = (TILES / "icons" / f"{theme}.css").read_text(encoding="utf-8")
    for element in ET.fromstring(sheet(TILES, theme).svg).iter():
        assert f".{element.get('class', '')}" in css


@pytest.mark.parametrize("text", ["", "no svg", '<svg width="2em" height="2"/>', "<svg/>"])
def test_what_is_no_icon_is_told_by_its_name(tmp_path, text):
    shutil.copytree(TILES / "icons", tmp_path / "icons")
    (tmp_path / "icons" / "odd.svg").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd\.svg is no icon"):
        sheet(tmp_path, "day")
