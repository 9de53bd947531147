"""Official lists into values, and plans that cannot be made."""

import json

import numpy as np
import pytest

from gridgeo import synth
from gridgeo.synth.divisions import is_village, short_name
from gridgeo.synth.plan import Node, plan_city

CITY = synth.Division("410100", "郑州市", "city", None)
LIST = """code,name,level,parent_code
410103,二七区,district,4101
410103010,德化街街道,township,410103
410105,金水区,district,4101
"""


def outline_file(*polygons: list[list[list[float]]]) -> str:
    geometry = {"type": "MultiPolygon", "coordinates": list(polygons)}
    feature = {"type": "Feature", "properties": {"code": "410103"}, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def square(x: float) -> list[list[list[float]]]:
    return [[[x, 0.0], [x + 1, 0.0], [x + 1, 1.0], [x, 1.0], [x, 0.0]]]


def test_the_city_comes_first_and_its_districts_hang_on_it() -> None:
    rows = synth.parse_divisions(LIST, CITY)
    assert rows[0] == CITY
    assert {row.parent_code for row in rows if row.level == "district"} == {"410100"}


def test_selecting_a_district_leaves_out_the_others() -> None:
    rows = synth.select_district(synth.parse_divisions(LIST, CITY), "410103")
    assert [row.code for row in rows] == ["410100", "410103", "410103010"]


def test_selecting_an_unknown_district_is_an_error() -> None:
    with pytest.raises(ValueError, match="no district 410199"):
        synth.select_district(synth.parse_divisions(LIST, CITY), "410199")


def test_an_outline_is_found_by_its_code() -> None:
    assert synth.parse_outline(outline_file(square(0.0)), "410103").area == 1.0
    with pytest.raises(ValueError, match="no outline of 410105"):
        synth.parse_outline(outline_file(square(0.0)), "410105")


def test_an_outline_in_two_parts_is_an_error() -> None:
    with pytest.raises(ValueError, match="not one polygon"):
        synth.parse_outline(outline_file(square(0.0), square(3.0)), "410103")


@pytest.mark.parametrize(
    ("official", "everyday"),
    [
        ("德化社区居民委员会", "德化社区"),
        ("亚星社区居民管理委员会", "亚星社区"),
        ("福华南街社区委员会", "福华南街社区"),
        ("贾寨社区管理委员会", "贾寨社区"),
        ("尖岗村委会", "尖岗村"),
        ("郑州火车站地区拟居委会", "郑州火车站地区"),
        ("马寨镇", "马寨镇"),
    ],
)
def test_everyday_names(official: str, everyday: str) -> None:
    assert short_name(official) == everyday


def test_a_stand_in_community_is_no_village() -> None:
    assert is_village(synth.Division("410103015200", "尖岗村委会", "community", "410103015"))
    assert not is_village(synth.Division("410103004400", "x", "community", "410103004"))
    assert not is_village(synth.Division("410103015", "侯寨街道", "township", "410103"))


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        (0, "one city is needed, 0 given"),
        (1, "one district is needed, 0 given"),
        (2, "no townships under 410103"),
        (3, "no communities under 410103010"),
    ],
)
def test_a_plan_needs_every_level_down_to_the_community(kept: int, message: str) -> None:
    rows = synth.select_district(synth.parse_divisions(LIST, CITY), "410103")[:kept]
    with pytest.raises(ValueError, match=message):
        plan_city(rows, synth.TINY, np.random.default_rng(1))


def test_a_planned_node_has_no_outline_before_it_is_cut() -> None:
    with pytest.raises(ValueError, match="no ground yet"):
        Node("grid", "", "第1网格", "", "urban", 1.0, 0.0).outline()
