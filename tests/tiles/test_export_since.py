"""Packs of what has changed: just the tiles whose bytes are others, and how they are laid in."""

import re
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from databases import client_on, cloned
from psycopg import connect
from test_tiles_after_publication import corner_to_move

from gridgeo.app import catalogue
from gridgeo.cli.tiles_order import DEEPEST
from gridgeo.errors import BadInput
from gridgeo.settings import ROOT
from gridgeo.tiles.packs import since
from gridgeo.tiles.packs.export import House, changed_tiles, export
from gridgeo.tiles.packs.order import Order

CATALOGUE = catalogue(ROOT / "tiles")


def silent(text, fraction=None):
    pass


@pytest.fixture(scope="module")
def city(cluster, tiny_template):
    """A city whose second version moves a corner, renames a township, and has one area less."""
    at, to, _, _ = corner_to_move(tiny_template.made)
    township = next(unit for unit in tiny_template.made.units if unit.level == "township")
    rename = {"kind": "rename", "code": township.code, "name": "新名街道"}
    planner = {"Authorization": f"Bearer {tiny_template.keys['planner']}"}
    with cloned(cluster, tiny_template.template) as dsns, client_on(dsns) as client:
        plan = client.post("/plans", json={"title": "change"}, headers=planner).json()["plan_id"]
        move = {"kind": "move_vertex", "at": at, "to": to}
        steps = [("edits", move), ("edits", rename)]
        for step, body in (*steps, ("submit", None), ("approve", None), ("publish", None)):
            answer = client.post(f"/plans/{plan}/{step}", json=body, headers=planner)
            assert answer.is_success, answer.text
        with connect(dsns.owner) as conn:
            conn.execute(
                "UPDATE exclusive_grid SET versions = int4range(1, 2) WHERE exclusive_id ="
                " (SELECT min(exclusive_id) FROM exclusive_grid)"
            )
        yield dsns


@pytest.fixture
def house(city, tmp_path):
    return House(city.reader, tmp_path, ROOT / "tiles", tmp_path)


@pytest.fixture
def order(tmp_path):
    return Order(tmp_path / "update.mbtiles", CATALOGUE.choose("city"), 6, DEEPEST, since="1")


def tiles_of(path):
    with closing(sqlite3.connect(path)) as conn:
        rows = conn.execute("SELECT * FROM tiles").fetchall()
    return {(z, x, 2**z - 1 - y): data for z, x, y, data in rows}


def pack(house, order, name, **other):
    made = replace(order, out=order.out.with_name(name), since=None, **other)
    export(house, CATALOGUE, made, silent)
    return made.out


def documented_sql():
    page = (ROOT / "docs" / "map-client.md").read_text(encoding="utf-8")
    return re.search(r"^```sql\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)[1]


def test_an_update_holds_just_the_tiles_that_differ_and_leads_from_one_map_to_the_other(
    house, order
):
    old, new = pack(house, order, "old.mbtiles", at="1"), pack(house, order, "new.mbtiles")
    before, after = tiles_of(old), tiles_of(new)
    export(house, CATALOGUE, order, silent)
    update = tiles_of(order.out)
    assert update == {tile: data for tile, data in after.items() if before.get(tile) != data}
    assert 0 < len(update) < len(after)
    sql = documented_sql().replace("'update.mbtiles'", f"'{order.out}'")
    with closing(sqlite3.connect(old)) as conn:
        conn.executescript(sql)
        told = dict(conn.execute("SELECT * FROM metadata").fetchall())
    assert tiles_of(old) == after
    assert told["map_version"] == "2"
    listed = dict(
        changed_tiles(
            house, CATALOGUE, replace(order, out=order.out.with_name("x.mbtiles")), silent
        )
    )
    assert {tile for tile, size in listed.items() if size} == update.keys()


def test_tiles_that_became_empty_are_listed_and_go(house, order):
    wanted = replace(order, chosen=CATALOGUE.choose("exclusive_grid"), minzoom=12)
    old = pack(house, wanted, "old.mbtiles", at="1")
    new = pack(house, wanted, "new.mbtiles")
    export(house, CATALOGUE, wanted, silent)
    gone = tiles_of(old).keys() - tiles_of(new).keys()
    listed = dict(
        changed_tiles(
            house, CATALOGUE, replace(wanted, out=wanted.out.with_name("x.mbtiles")), silent
        )
    )
    assert {tile for tile, size in listed.items() if not size} == gone != set()
    with closing(sqlite3.connect(old)) as conn:
        conn.executescript(documented_sql().replace("'update.mbtiles'", f"'{wanted.out}'"))
    assert tiles_of(old) == tiles_of(new)


def test_where_too_much_has_changed_all_tiles_are_compared(house, order, monkeypatch):
    wanted = replace(order, minzoom=14)
    export(house, CATALOGUE, wanted, silent)
    monkeypatch.setattr(since, "MOST_PATCHED", 0)
    other = replace(wanted, out=wanted.out.with_name("other.mbtiles"))
    export(house, CATALOGUE, other, silent)
    assert other.out.read_bytes() == wanted.out.read_bytes()


def test_a_page_never_holds_only_what_has_changed(house, order):
    with pytest.raises(BadInput, match="whole map"):
        export(house, CATALOGUE, replace(order, page=True), silent)
