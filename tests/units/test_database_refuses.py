"""Each law that the database can refuse, violated once."""

import psycopg
import pytest
from psycopg import errors

LEAF = "(SELECT unit_id FROM unit WHERE is_leaf ORDER BY unit_id LIMIT 1)"

VIOLATIONS = {
    "unit_one_truth_at_a_time": (
        f"INSERT INTO unit_code SELECT '777', unit_id, 1 FROM unit_code WHERE unit_id = {LEAF};"
        "INSERT INTO unit (unit_id, versions, code, level, name, parent_id, is_leaf) "
        f"SELECT unit_id, '[2,5)', '777', level, name, parent_id, is_leaf FROM unit "
        f"WHERE unit_id = {LEAF}"
    ),
    "unit_one_root_at_a_time": (
        "INSERT INTO unit_code VALUES ('777', 777, 1);"
        "INSERT INTO unit (unit_id, versions, code, level, name, parent_id, is_leaf) "
        "VALUES (777, '[1,)', '777', 'city', 'second', NULL, false)"
    ),
    "unit_versions_not_empty": (
        "INSERT INTO unit (unit_id, versions, code, level, name, parent_id, is_leaf) "
        "SELECT unit_id, 'empty', code, level, name, parent_id, is_leaf FROM unit "
        f"WHERE unit_id = {LEAF}"
    ),
    "exclusive_grid_code_once_at_a_time": (
        "INSERT INTO exclusive_grid (exclusive_id, versions, code, name, kind, geom, area_m2) "
        "SELECT 777, versions, code, name, kind, geom, area_m2 FROM exclusive_grid LIMIT 1"
    ),
    "unit_not_its_own_parent": (
        "INSERT INTO unit_code VALUES ('777', 777, 1);"
        "INSERT INTO unit (unit_id, versions, code, level, name, parent_id, is_leaf) "
        "VALUES (777, '[1,)', '777', 'grid', 'own parent', 777, true)"
    ),
    "unit_households_not_negative": (
        "INSERT INTO unit_code VALUES ('777', 777, 1);"
        "INSERT INTO unit (unit_id, versions, code, level, name, parent_id, is_leaf, households) "
        "VALUES (777, '[1,)', '777', 'grid', 'less than none', 1, true, -1)"
    ),
    "unit_code_fkey": (
        "INSERT INTO unit (unit_id, versions, code, level, name, parent_id, is_leaf) "
        "SELECT 777, versions, code, level, name, parent_id, is_leaf FROM unit "
        f"WHERE unit_id = {LEAF}"
    ),
    "unit_code_pkey": (
        f"INSERT INTO unit_code SELECT code, 777, 1 FROM unit_code WHERE unit_id = {LEAF}"
    ),
    "unit_shape_one_truth_at_a_time": (
        "INSERT INTO unit_shape (unit_id, versions, geom, area_m2, is_leaf) "
        "SELECT unit_id, '[1,3)', geom, area_m2, is_leaf FROM unit_shape LIMIT 1"
    ),
    "unit_shape_area_positive": (
        "INSERT INTO unit_shape (unit_id, versions, geom, area_m2, is_leaf) "
        "SELECT 777, versions, geom, 0, is_leaf FROM unit_shape LIMIT 1"
    ),
    "unit_shape_not_empty": (
        "INSERT INTO unit_shape (unit_id, versions, geom, area_m2, is_leaf) "
        "VALUES (777, '[1,)', ST_GeomFromText('MULTIPOLYGON EMPTY', 4326), 1, true)"
    ),
    "unit_published_never_changes": "UPDATE unit SET name = 'another'",
    "unit_shape_published_never_changes": "UPDATE unit_shape SET area_m2 = 1",
    "exclusive_grid_published_never_changes": "UPDATE exclusive_grid SET name = 'another'",
    "map_version_follows_its_parent": (
        "INSERT INTO map_version VALUES (9, 1, now(), 'me', NULL, '', false)"
    ),
    "exclusive_grid_has_party": (
        "INSERT INTO exclusive_grid (exclusive_id, versions, code, name, kind, geom, area_m2) "
        "SELECT 777, '[1,)', '777', 'bare', 'key_area', geom, area_m2 FROM exclusive_grid LIMIT 1;"
        "SET CONSTRAINTS ALL IMMEDIATE"
    ),
    "responsibility_rule_one_scope": (
        "INSERT INTO responsibility_rule (rule_sets, party_id) VALUES ('[1,)', 1)"
    ),
    "responsibility_rule_category_has_scheme": (
        "INSERT INTO responsibility_rule (rule_sets, party_id, scope_unit_id, category) "
        "VALUES ('[1,)', 1, 1, '06')"
    ),
    "plan_published_has_a_version": (
        "INSERT INTO plan (title, state, base_version, created_by) "
        "VALUES ('unpublished', 'published', 1, 'me')"
    ),
    "plan_scheduled_by_somebody": (
        "INSERT INTO plan (title, state, base_version, created_by, publish_at) "
        "VALUES ('nobody', 'approved', 1, 'me', now())"
    ),
    "plan_scheduled_is_approved": (
        "INSERT INTO plan (title, base_version, created_by, publish_at, publish_as) "
        "VALUES ('a draft', 1, 'me', now(), 'me')"
    ),
    "plan_edit_follows_an_earlier_one": (
        "INSERT INTO plan (title, base_version, created_by) VALUES ('p', 1, 'me');"
        "INSERT INTO plan_edit (plan_id, seq, after_seq, kind, params, actor) "
        "SELECT max(plan_id), 1, 1, 'split', '{}', 'me' FROM plan"
    ),
    "plan_step_known_step": (
        "INSERT INTO plan (title, base_version, created_by) VALUES ('p', 1, 'me');"
        "INSERT INTO plan_step (plan_id, revision, step, actor) "
        "SELECT max(plan_id), 2, 'dance', 'me' FROM plan"
    ),
    "plan_lock_held_once": (
        "INSERT INTO plan (title, base_version, created_by) VALUES ('p', 1, 'me');"
        "INSERT INTO plan_lock (unit_id, plan_id, actor) "
        "SELECT 1, max(plan_id), 'me' FROM plan, generate_series(1, 2) GROUP BY generate_series"
    ),
    "plan_comment_says_something": (
        "INSERT INTO plan (title, base_version, created_by) VALUES ('p', 1, 'me');"
        "INSERT INTO plan_comment (plan_id, actor, text) SELECT max(plan_id), 'me', '' FROM plan"
    ),
    "unit_lineage_household_share_is_a_share": (
        "INSERT INTO unit_lineage VALUES (1, 1, 1, 'reshape', 1.0, -0.1)"
    ),
    "building_households_of_one_entrance": (
        "INSERT INTO building (geom, entrance, households) "
        "SELECT geom, entrance, 41 FROM building LIMIT 1"
    ),
    "api_key_known_role": (
        "INSERT INTO api_key (name, role, prefix, key_hash) VALUES ('k', 'king', 'p', 'h')"
    ),
}


@pytest.mark.parametrize("constraint", VIOLATIONS)
def test_the_database_refuses(shared_city_db, constraint):
    with (
        psycopg.connect(shared_city_db.app) as conn,
        pytest.raises(errors.IntegrityError) as refused,
        conn.transaction(force_rollback=True),
    ):
        for command in VIOLATIONS[constraint].split(";"):
            conn.execute(command)
    assert refused.value.diag.constraint_name == constraint


@pytest.mark.parametrize(
    "table",
    ["map_version", "unit_code", "event_assignment", "rule_set", "plan_step", "plan_comment"],
)
def test_history_is_append_only_even_for_the_owner(shared_city_db, table):
    with psycopg.connect(shared_city_db.owner) as conn:
        row = conn.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = 'append_only'",
            (table,),
        ).fetchone()
    assert row == ("append_only",)


def test_a_published_unit_cannot_be_deleted_by_anyone(shared_city_db):
    with psycopg.connect(shared_city_db.app) as conn, pytest.raises(errors.InsufficientPrivilege):
        conn.execute("DELETE FROM unit")
    with psycopg.connect(shared_city_db.owner) as conn, pytest.raises(errors.IntegrityError):
        conn.execute("DELETE FROM unit")


def test_the_reader_role_reads_the_map_but_no_key_and_writes_nothing(shared_city_db):
    with psycopg.connect(shared_city_db.reader) as conn:
        assert conn.execute("SELECT count(*) FROM unit").fetchone()[0] > 0
        for command in ("SELECT * FROM api_key", "UPDATE unit SET name = 'x'"):
            with pytest.raises(errors.InsufficientPrivilege), conn.transaction():
                conn.execute(command)
