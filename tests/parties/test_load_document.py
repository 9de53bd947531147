"""Rule documents in and out of a real city."""

from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from msgspec import structs

from gridgeo.parties.files.document import RULES, SHIFTS
from gridgeo.parties.files.reading import read_document
from gridgeo.parties.files.writing import write_document
from gridgeo.parties.load import (
    completed,
    document_of_set,
    known_city,
    load_document,
    with_rows,
)
from gridgeo.parties.validate import validate


@pytest.fixture
def app(city_db):
    with psycopg.connect(city_db.app) as conn:
        yield conn


def test_the_rules_of_the_demo_city_are_clean(app):
    known = known_city(app)
    live = with_rows(document_of_set(app), known.zone)
    assert validate(live, known, datetime.now(UTC)) == []


def test_grid_workers_take_turns_and_all_others_are_on_call(app):
    shifts = {(post.kind == "grid_worker", post.shift) for post in document_of_set(app).posts}
    assert shifts == {(True, "day"), (True, "night"), (False, None)}


@pytest.mark.parametrize("name", ["rules.yaml", "folder"])
def test_loading_what_was_exported_changes_nothing(name, app, tmp_path):
    before = document_of_set(app)
    zone = known_city(app).zone
    write_document(tmp_path / name, before, zone)
    read, faults = read_document(tmp_path / name, zone)
    assert faults == []
    assert (read.changes, list(read.posts)) == (before.changes, before.posts)
    ids = app.execute("SELECT rule_id, rule_sets FROM responsibility_rule").fetchall()
    load_document(app, read, before, "test")
    assert app.execute("SELECT rule_id, rule_sets FROM responsibility_rule").fetchall() == ids
    after = document_of_set(app)
    assert (after.changes, after.posts) == (before.changes, before.posts)


def test_tables_that_a_document_leaves_out_stay_as_they_are(app):
    live = document_of_set(app)
    rules = [rule for rule in live.changes.rules if rule.unit_code is not None]
    part = replace(
        live, changes=replace(live.changes, rules=rules, shifts=[], days={}), rows={RULES: []}
    )
    zone = known_city(app).zone
    whole = completed(part, live, zone)
    assert whole.changes == replace(live.changes, rules=rules)
    assert whole.rows[SHIFTS] == with_rows(live, zone).rows[SHIFTS]


def test_posts_change_by_their_code_and_new_ones_stand_within_their_place(app):
    live = document_of_set(app)
    one, other = live.posts[:2]
    new = structs.replace(one, code="new", ref="hr-1")
    grid = structs.replace(new, code="grid", unit_code=None, exclusive_code=known_grid(app))
    changed = structs.replace(other, contact="channel 5")
    load_document(app, replace(live, posts=[changed, new, grid]), live, "test")
    after = {post.code: post for post in document_of_set(app).posts}
    before = {post.code: post for post in live.posts}
    assert after == {**before, other.code: changed, "new": new, "grid": grid}
    astray = app.execute(
        "SELECT d.code FROM duty_post d "
        "LEFT JOIN unit_shape s ON s.unit_id = d.unit_id "
        "LEFT JOIN exclusive_grid e ON e.exclusive_id = d.exclusive_id "
        "WHERE d.code IN ('new', 'grid') AND NOT ST_Covers(coalesce(s.geom, e.geom), d.geom)"
    ).fetchall()
    assert astray == []


def known_grid(conn):
    return min(known_city(conn).exclusive)
