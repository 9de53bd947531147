"""What features say of each other becomes one tree, or problems that name the feature."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest
import shapely
from msgspec import structs

from gridgeo.errors import BadInput
from gridgeo.files.build import build
from gridgeo.files.columns import Columns
from gridgeo.files.entries import read_entries
from gridgeo.files.model import Layer
from gridgeo.files.overlays import read_overlays
from gridgeo.files.tree import assemble
from gridgeo.settings import ROOT
from gridgeo.units.model import Profile

DOCUMENT = {
    "name": "Elsewhere",
    "code": "C",
    "planar_srid": 4547,
    "levels": [
        {"level": "city", "name_zh": "市", "name_en": "city", "code_pattern": "C"},
        {"level": "district", "name_zh": "区", "name_en": "district", "code_pattern": "D[0-9]"},
        {"level": "ward", "name_zh": "社区", "name_en": "ward", "code_pattern": "W[0-9]"},
    ],
}
PROFILE = Profile.from_document(DOCUMENT)


def layer(*rows, **columns):
    """A layer of unit squares side by side; each row is a mapping of its cells."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    boxes = [shapely.box(113 + i, 34, 114 + i, 35) for i in range(len(rows))]
    cells = {name: [row.get(name) for row in rows] for name in names} | columns
    return Layer("a.gpkg", "EPSG:4326", cells, np.array(boxes, dtype=object))


def tree_of(*rows, columns=None, profile=PROFILE):
    entries, problems = read_entries(layer(*rows), columns or Columns(), profile)
    assert problems == []
    return assemble(entries, profile)


def links(tree):
    return {code: (e.level.level, e.parent) for code, e in tree.entries.items()}


def messages(tree):
    return [problem.message for problem in tree.problems]


def row(code, **cells):
    return {"code": code, "name": code, **cells}


def test_parents_named_by_columns_of_the_levels_above_are_made():
    tree = tree_of(row("W1", district_code="D1", district_name="North"), row("W2"))
    assert links(tree) == {
        "W1": ("ward", "D1"), "W2": ("ward", "C"), "D1": ("district", "C"), "C": ("city", None),
    }  # fmt: skip
    assert (tree.entries["D1"].name, tree.entries["C"].name) == ("North", "Elsewhere")
    assert tree.problems == []


def test_made_parent_hangs_on_the_next_level_above():
    tree = tree_of(row("W1", parent_code="D1", city_code="C", city_name="Town"))
    assert links(tree) == {"W1": ("ward", "D1"), "D1": ("district", "C"), "C": ("city", None)}
    assert tree.entries["C"].name == "Town"


def test_parent_column_and_level_column_may_name_the_same_unit():
    tree = tree_of(row("W1", parent_code="Δ", district_code="Δ", district_name="Delta"))
    assert links(tree)["Δ"] == ("district", "C")
    assert tree.entries["Δ"].name == "Delta"


def test_parent_that_is_the_citys_own_code_is_the_city():
    assert links(tree_of(row("W1", parent_code="C"))) == {
        "W1": ("ward", "C"), "C": ("city", None),
    }  # fmt: skip


def test_row_without_a_parent_takes_the_one_that_its_child_says():
    tree = tree_of(row("W1", district_code="D1", city_code="C"), row("D1"), row("C"))
    assert links(tree) == {"W1": ("ward", "D1"), "D1": ("district", "C"), "C": ("city", None)}


def test_the_citys_own_parent_is_not_asked_for():
    assert links(tree_of(row("C", parent_code="41"), row("W1")))["C"] == ("city", None)


FOUR = Profile.from_document({
    **DOCUMENT,
    "levels": [
        *DOCUMENT["levels"][:2],
        {"level": "street", "name_zh": "街", "name_en": "street", "code_pattern": "S[0-9]"},
        DOCUMENT["levels"][2],
    ],
})  # fmt: skip


def test_a_column_of_a_level_further_up_is_no_contradiction():
    """As an export writes it: the parent of each unit, and beside it the district."""
    told = (
        row("W1", parent_code="S1", district_code="D1"),
        row("S1", parent_code="D1", district_code="D1"),
        row("D1", parent_code="C"),
    )
    for rows in (told, told[::-1]):
        tree = tree_of(*rows, profile=FOUR)
        assert messages(tree) == []
        assert (links(tree)["W1"], links(tree)["S1"]) == (("ward", "S1"), ("street", "D1"))


def test_a_unit_that_is_only_named_hangs_on_the_lowest_that_is_named_above_it():
    rows = (
        row("W1", parent_code="S1", city_code="C"),
        row("W2", street_code="S1", district_code="D1"),
    )
    for several in (rows, rows[::-1]):
        tree = tree_of(*several, profile=FOUR)
        assert messages(tree) == []
        assert links(tree)["S1"] == ("street", "D1")


def test_a_circle_of_parents_is_told():
    tree = tree_of(row("S1", parent_code="S2"), row("S2", parent_code="S1"), profile=FOUR)
    assert len(messages(tree)) == 2


def test_contradiction_about_a_parent_names_the_feature():
    tree = tree_of(
        row("W1", street_code="S1", district_code="D1"),
        row("W2", street_code="S1", district_code="D2"),
        profile=FOUR,
    )
    assert messages(tree) == ["a.gpkg, feature 2: S1 lies in D2, but elsewhere in D1"]


def test_parent_of_no_level_and_parent_below_are_problems():
    assert messages(tree_of(row("W1", parent_code="?"))) == [
        "a.gpkg, feature 1: its parent '?' is not there and fits no level"
    ]
    assert messages(tree_of(row("D1", parent_code="W1"), row("W1", parent_code=None))) == [
        "a.gpkg, feature 1: its parent W1 is a ward, not above a district"
    ]


def test_legal_parent_must_be_there():
    assert messages(tree_of(row("W1", legal_parent_code="D9"))) == [
        "a.gpkg, feature 1: its legal parent 'D9' is not there"
    ]
    tree = tree_of(row("W1", legal_parent_code="D1"), row("D1"))
    assert tree.problems == []
    assert tree.entries["W1"].legal_parent == "D1"


def test_second_root_and_second_use_of_a_code_are_problems():
    tree = tree_of(row("C"), row("X", level="city"), row("C", level="city"))
    assert messages(tree) == [
        "a.gpkg, feature 3: code 'C' is also that of a.gpkg, feature 1",
        "a.gpkg, feature 2: a city has one root, and C is it already",
    ]


@pytest.fixture
def no_code():
    return Profile.from_document({k: v for k, v in DOCUMENT.items() if k != "code"})


def test_root_cannot_be_made_without_a_code_or_where_another_has_it(no_code):
    with pytest.raises(BadInput, match="lacks 'code'"):
        tree_of(row("W1"), profile=no_code)
    assert messages(tree_of(row("C", level="ward"))) == [
        "code 'C' is the city's own, but stands at ward"
    ]


def test_tree_of_nothing_is_empty():
    assert assemble([], PROFILE).entries == {}


@pytest.mark.parametrize("said", ["ward", "社区"])
def test_level_may_be_said_by_any_of_its_names(said):
    assert links(tree_of(row("anything", level=said)))["anything"] == ("ward", "C")


def test_level_given_for_the_whole_layer_wins():
    entries, problems = read_entries(layer(row("D1", level="x")), Columns(), PROFILE, "ward")
    assert (entries[0].level.level, problems) == ("ward", [])


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (row("Q1"), "fits no level of the profile; say the level by --level"),
        (row(""), "it has no code"),
        (row(float("nan")), "it has no code"),
        (row(2.0**60), "has lost digits"),
        (row("W1", households=2.5), "its households are '2.5'"),
    ],
)
def test_feature_that_cannot_be_taken_says_why(cells, why):
    entries, (problem,) = read_entries(layer(cells), Columns(), PROFILE)
    assert entries == []
    assert why in problem.message
    assert problem.message.startswith("a.gpkg, feature 1: ")
    assert (problem.lon, problem.lat) == (114, 34)


@pytest.mark.parametrize("value", [12, 12.0, " 12 ", "12"])
def test_whole_numbers_are_codes_however_they_are_stored(value):
    profile = replace(PROFILE, levels=(structs.replace(PROFILE.levels[0], code_pattern="12"),))
    entries, _ = read_entries(layer(row(value)), Columns(), profile)
    assert entries[0].code == "12"


@pytest.mark.parametrize("said", [True, "true", 1, "Yes"])
def test_synthetic_stays_said(said):
    assert tree_of(row("W1", synthetic=said)).entries["W1"].synthetic


def test_columns_of_any_name_for_every_level():
    columns = Columns.from_document(
        {
            "columns": {"code": "BM", "name": "MC"},
            "levels": {"district": {"code": "QBM", "name": "QMC"}, "city": {"code": "SBM"}},
        },
        PROFILE,
    )
    tree = tree_of({"bm": "W1", "mc": "w", "qbm": "D1", "qmc": "North", "sbm": "C"},
                   columns=columns)  # fmt: skip
    assert links(tree) == {"W1": ("ward", "D1"), "D1": ("district", "C"), "C": ("city", None)}


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"column": {}}, "unknown key 'column'"),
        ({"columns": {"colour": "x"}}, "unknown key 'colour'"),
        ({"levels": {"ward": {}}}, "lacks 'code'"),
        ({"levels": {"parish": {"code": "x"}}}, "Unknown level 'parish'"),
        ({"levels": {"district": {"code": "x"}}}, "no column 'x' for the levels.district"),
        ({"levels": {"district": {"code": "code", "name": "y"}}}, "no column 'y'"),
    ],
)
def test_mapping_that_fits_nothing_is_told(document, why):
    with pytest.raises(BadInput, match=why):
        Columns.from_document(document, PROFILE).pick(layer(row("W1")), PROFILE)


def test_overlays_may_overlap_but_not_share_a_code_or_cross_themselves():
    found = layer(row("X1"), row("X1"), row("X2"), row("X3"))
    found.shapes[2] = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    found.shapes[3] = found.shapes[0]
    overlays, problems = read_overlays(found, Columns(), PROFILE, "key_area")
    assert [(overlay.grid.code, overlay.grid.kind) for overlay in overlays] == [
        ("X1", "key_area"),
        ("X3", "key_area"),
    ]
    assert [problem.message for problem in problems] == [
        "a.gpkg, feature 2: code 'X1' stands there twice, first in a.gpkg, feature 1",
        "a.gpkg, feature 3: invalid: Self-intersection[0.5 0.5]",
    ]


def test_households_of_a_parent_are_the_sum_unless_it_says_its_own():
    tree = tree_of(
        row("W1", parent_code="D1", households=3), row("W2", parent_code="D1", households=4),
        row("W3", parent_code="D2"), row("D2", households=9),
    )  # fmt: skip
    shapes = [shapely.box(113 + i, 34, 114 + i, 35) for i in range(3)]
    leaves_only = replace(tree.entries["D2"], shape=None)
    tree = replace(tree, entries={**tree.entries, "D2": leaves_only})
    units = build(tree, shapes, "given").units
    assert {code: unit.households for code, unit in units.items()} == {
        "W1": 3, "W2": 4, "W3": 0, "D1": 7, "D2": 9, "C": 16,
    }  # fmt: skip


def test_columns_of_the_shipped_profile_are_found_by_themselves():
    text = (ROOT / "data" / "profiles" / "zhengzhou.toml").read_text(encoding="utf-8")
    profile = Profile.from_document(tomllib.loads(text))
    cells = row("410103001001001", community_code="410103001001", township_code="410103001",
                district_code="410103", district_name="二七区", city_code="410100")  # fmt: skip
    tree = assemble(read_entries(layer(cells), Columns(), profile)[0], profile)
    assert [entry.level.level for entry in tree.entries.values()] == [
        "grid", "community", "township", "district", "city",
    ]  # fmt: skip
    assert tree.entries["410103"].name == "二七区"


def test_feature_without_ground_or_with_a_code_too_long_has_no_entry():
    found = layer(row("W1"), row("W2"), row("W3"), row("W" * 25), row("W5", level="parish"))
    found.shapes[0] = None
    found.shapes[1] = shapely.Polygon()
    found.shapes[2] = shapely.Point(113, 34)
    entries, problems = read_entries(found, Columns(), PROFILE)
    assert entries == []
    told = [problem.message.split(": it")[1] for problem in problems]
    assert told == [
        " has no geometry that can be read; is the file cut off?",
        "s geometry is empty",
        " is a Point, not a polygon",
        f"s code {'W' * 25!r} has more than 24 characters",
        "s level 'parish' is none of the profile's: city, district, ward",
    ]
    assert [np.isnan(problem.lon) for problem in problems] == [True, True, False, False, False]


def test_columns_that_are_not_there_are_told_with_those_that_are():
    with pytest.raises(BadInput, match="no column 'name' for the name; its columns are: code"):
        read_entries(layer({"code": "W1"}), Columns(), PROFILE)
