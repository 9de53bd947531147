"""Exclusive grids in files: what is read of their parties, and the way there and back."""

import json
import re
from dataclasses import replace

import numpy as np
import psycopg
import pytest
import shapely
from databases import city_template, cloned
from loader import loader_on, write

from gridgeo.cli import main
from gridgeo.cli.export_overlays import overlay_rows
from gridgeo.errors import BadInput
from gridgeo.files.columns import Columns
from gridgeo.files.model import Layer
from gridgeo.files.overlays import ROLES, Answering, read_overlays
from gridgeo.files.target import DRIVERS
from gridgeo.units.model import Profile

PROFILE = Profile("Elsewhere", 4547, ())
PARTIES = [
    {"code": "P1", "name": "商务局", "contact": "0371", "role": "lead"},
    {"code": "P2", "kind": "police", "role": "co_handler"},
    {"code": "P3", "role": "deputy", "scheme": "s", "category": "06"},
]


def layer(*rows):
    """A layer of the same square for every row."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = {name: [row.get(name) for row in rows] for name in names}
    boxes = np.array([shapely.box(113, 34, 114, 35) for _ in rows], dtype=object)
    return Layer("a.gpkg", "EPSG:4326", cells, boxes)


def row(**cells):
    return {"code": "X1", "name": "商圈", **cells}


def read(*rows, kind="mall", columns=None):
    return read_overlays(layer(*rows), columns or Columns(), PROFILE, kind)


def messages(*rows, **options):
    return [problem.message for problem in read(*rows, **options)[1]]


# --- reading -----------------------------------------------------------------------------------


def test_parties_are_read_from_one_column_as_json():
    [overlay], problems = read(row(parties=json.dumps(PARTIES)))
    assert problems == []
    assert overlay.parties == (
        Answering("P1", "商务局", contact="0371"),
        Answering("P2", kind="police", role="co_handler"),
        Answering("P3", role="deputy", scheme="s", category="06"),
    )
    assert overlay.where == "a.gpkg, feature 1"


def test_parties_are_read_from_as_many_features_of_one_shape():
    rows = [row(**{f"party_{key}": value for key, value in party.items()}) for party in PARTIES]
    listed, _ = read(row(parties=json.dumps(PARTIES)))
    assert read(*rows) == (listed, [])


def test_a_party_without_a_role_leads():
    [overlay], _ = read(row(party_code="P1"))
    assert overlay.parties == (Answering("P1", role="lead"),)


def test_columns_of_parties_may_have_any_name():
    columns = Columns({"party_code": "单位", "party_role": "角色"})
    [overlay], _ = read(row(单位="P1", 角色="deputy"), columns=columns)
    assert overlay.parties == (Answering("P1", role="deputy"),)


def test_the_kind_is_that_of_all_or_in_a_column():
    assert [o.grid.kind for o in read(row(kind="park"))[0]] == ["mall"]
    assert [o.grid.kind for o in read(row(种类="park"), kind="@种类")[0]] == ["park"]
    assert messages(row(kind=""), kind="@kind") == ["a.gpkg, feature 1: its kind is empty in "
                                                    "column 'kind'"]  # fmt: skip
    with pytest.raises(BadInput, match="no column '种类' for the kind; its columns are: code"):
        read(row(), kind="@种类")


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"party_code": "P1", "party_role": "boss"}, "party 'P1' has the role 'boss'; the roles"),
        ({"party_name": "商务局"}, "a party has no code"),
        ({"party_code": "P1", "party_scheme": "s"}, "'P1' needs a scheme and a category"),
        ({"parties": "P1, P2"}, "its parties are no JSON: Expecting value"),
        ({"parties": '{"code": "P1"}'}, "its parties are no JSON list of objects"),
        ({"parties": '["P1"]'}, "its parties are no JSON list of objects"),
        ({"parties": '[{"colour": "red"}]'}, "unknown key 'colour'; known are code, name"),
        ({"parties": '[{"code": "P1"}, {"code": "P2"}]'}, "both 'P1' and 'P2' lead"),
        ({"parties": '[{"code": "P1"}, {"code": "P1"}]'}, "'P1' stands there twice as lead"),
    ],
)
def test_a_party_that_cannot_be_is_told_with_its_feature(cells, why):
    [message] = messages(row(**cells))
    assert message.startswith("a.gpkg, feature 1: ")
    assert why in message


def test_features_of_one_code_must_be_one_grid():
    assert "first in a.gpkg, feature 1" in messages(row(party_code="P1"), row())[0]
    [told] = messages(row(party_code="P1"), row(name="x", party_code="P2", party_role="deputy"))
    assert "shape, name and kind must be those of a.gpkg, feature 1" in told
    assert "both 'P1' and 'P2' lead" in messages(row(party_code="P1"), row(party_code="P2"))[0]


def test_roles_are_those_that_the_database_knows(city_conn):
    [rule] = city_conn.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conname = 'responsibility_rule_known_role'"
    ).fetchone()
    assert tuple(re.findall("'(\\w+)'", rule)) == ROLES


# --- the way there and back --------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare_template(cluster, template_db, inputs, made):
    """The tiny city without its exclusive grids and their parties."""
    return city_template(cluster, "template_bare", replace(made, exclusive_grids=()), inputs)


@pytest.fixture
def bare_city(cluster, bare_template, tmp_path, monkeypatch, capsys):
    with cloned(cluster, bare_template.template) as dsns:
        yield loader_on(dsns, tmp_path / "other", monkeypatch, capsys)


def rows_of(dsn, at=None):
    with psycopg.connect(dsn) as conn:
        return [plain(row) for row in overlay_rows(conn, at, None)]


def plain(row):
    grid = row.overlay.grid
    parties = sorted(row.overlay.parties, key=repr)
    return replace(grid, shape=shapely.normalize(grid.shape)), parties, round(row.area_m2, 3)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4547", "gcj02"])
@pytest.mark.parametrize("suffix", DRIVERS)
def test_exclusive_grids_come_back_with_their_parties(
    load_more, bare_city, tmp_path, monkeypatch, suffix, crs
):
    file, before = tmp_path / f"areas{suffix}", rows_of(load_more.dsn)
    monkeypatch.setenv("GRIDGEO_VAR_DIR", str(tmp_path / "var"))
    with pytest.raises(SystemExit, match="0"):
        main(["export", str(file), "--exclusive", "--crs", crs])
    monkeypatch.setenv("GRIDGEO_VAR_DIR", str(tmp_path / "other" / "var"))
    assert rows_of(bare_city.dsn) == []
    shifted = ["--crs", crs] if crs == "gcj02" else []
    assert bare_city(file, "--overlay", "@kind", *shifted) == 0, bare_city.err + bare_city.out
    assert rows_of(bare_city.dsn) == before
    assert len(before) > 0 and all(len(parties) > 1 for _, parties, _ in before)
    assert "without a party" not in bare_city.out


# --- what speaks against it --------------------------------------------------------------------


def areas_file(leaves, path, **columns):
    """Two exclusive grids over leaves, each with one party that leads unless columns say else."""
    areas = leaves.head(2)[["geometry"]].assign(code=["X0", "X1"], name="商圈", party_code="P1")
    return write(areas.assign(**columns), path)


def test_a_party_of_several_grids_is_made_once_and_leads_in_each(load_more, leaves, tmp_path):
    file = areas_file(leaves, tmp_path / "areas.gpkg", party_name=["商务局", None])
    assert load_more(file, "--overlay", "mall") == 0, load_more.err + load_more.out
    with psycopg.connect(load_more.dsn) as conn:
        found = conn.execute(
            "SELECT e.code, p.name, p.kind, r.role, r.category FROM responsibility_rule r "
            "JOIN party p USING (party_id) "
            "JOIN exclusive_grid e ON e.exclusive_id = r.scope_exclusive_id "
            "WHERE p.code = 'P1' ORDER BY e.code"
        ).fetchall()
    assert found == [
        (code, "商务局", "exclusive_grid_party", "lead", None) for code in ("X0", "X1")
    ]
    assert "note:" not in load_more.out


def test_a_grid_without_a_party_or_a_lead_is_noted(load_more, leaves, tmp_path):
    file = areas_file(
        leaves, tmp_path / "areas.gpkg", party_code=["P1", None], party_role=["deputy", None]
    )
    assert load_more(file, "--overlay", "mall") == 0, load_more.err + load_more.out
    assert "1 exclusive grids came without a party" in load_more.out
    assert "1 exclusive grids have no party that leads" in load_more.out


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"party_name": ["A", "B"]}, "has the name 'B' here, but 'A' in areas.gpkg, feature 1"),
        ({"party_code": "U419901", "party_name": "B"}, "has the name 'B' here, but '"),
        ({"party_scheme": "s", "party_category": "06"}, "the scheme 's' has no category '06'"),
        ({"code": ["X0", "X0"]}, "shape, name and kind must be those of areas.gpkg, feature 1"),
    ],
)
def test_what_a_file_says_of_parties_must_hold(load_more, leaves, tmp_path, columns, why):
    before = load_more.one("SELECT count(*) FROM party")
    file = areas_file(leaves, tmp_path / "areas.gpkg", **columns)
    assert load_more(file, "--overlay", "mall") == 1
    assert why in load_more.out and "areas.gpkg, feature" in load_more.out
    assert load_more.one("SELECT count(*) FROM party") == before
    assert load_more.one("SELECT max(version) FROM map_version") == 1


def test_one_code_in_two_files_is_refused(load_more, leaves, tmp_path):
    files = [areas_file(leaves, tmp_path / f"{name}.gpkg") for name in "ab"]
    assert load_more(*files, "--overlay", "mall") == 1
    assert "b.gpkg, feature 1: code 'X0' is also that of a.gpkg, feature 1" in load_more.out
