"""Each law of rules and modes that the database can refuse, violated once."""

import psycopg
import pytest
from databases import cloned
from psycopg import errors

RULE = "INSERT INTO responsibility_rule (rule_sets, scope_unit_id, party_id, {}) VALUES ('[1,)', "
PERIOD = (
    "INSERT INTO mode_period (mode, recorded_at, starts_at, ends_at, unit_ids, geom, "
    "switched_on_by, revision) VALUES "
)
SQUARE = "ST_Multi(ST_MakeEnvelope(1, 1, 2, 2, 4326))"
POST = (
    "INSERT INTO duty_post (code, kind, geom, unit_id, exclusive_id, role, shift, shift_calendar, "
    "valid_from, valid_to) VALUES ('x', 'k', 'SRID=4326;POINT(1 1)', "
)

VIOLATIONS = {
    "party_not_its_own_superior": "UPDATE party SET superior_id = party_id",
    "party_attachment_one_place": (
        "INSERT INTO party_attachment (rule_sets, party_id) VALUES ('[1,)', 1)"
    ),
    "party_attachment_known_role": (
        "INSERT INTO party_attachment (rule_sets, party_id, unit_id, role) "
        "VALUES ('[1,)', 1, 1, 'boss')"
    ),
    "party_attachment_rule_sets_not_empty": (
        "INSERT INTO party_attachment (rule_sets, party_id, unit_id) VALUES ('empty', 1, 1)"
    ),
    "shift_calendar_one_truth_at_a_time": (
        "INSERT INTO shift_calendar VALUES ('c', '[2,)', '', '[]'), ('c', '[3,)', '', '[]')"
    ),
    "shift_calendar_rule_sets_not_empty": (
        "INSERT INTO shift_calendar VALUES ('c', 'empty', '', '[]')"
    ),
    "calendar_day_one_truth_at_a_time": (
        "INSERT INTO calendar_day VALUES ('2030-01-01', '[2,)', 'holiday'), "
        "('2030-01-01', '[3,)', 'workday')"
    ),
    "calendar_day_known_kind": "INSERT INTO calendar_day VALUES ('2030-01-01', '[2,)', 'feast')",
    "calendar_day_rule_sets_not_empty": (
        "INSERT INTO calendar_day VALUES ('2030-01-01', 'empty', 'holiday')"
    ),
    "category_mapping_to_another_scheme": (
        "INSERT INTO category_mapping VALUES ('gbt47678', '01', '[2,)', 'gbt47678', '02')"
    ),
    "category_mapping_one_truth_at_a_time": (
        "INSERT INTO category_mapping VALUES ('gbt47678', '01', '[2,)', 'gbt30428', '01'), "
        "('gbt47678', '01', '[3,)', 'gbt30428', '02')"
    ),
    "category_mapping_rule_sets_not_empty": (
        "INSERT INTO category_mapping VALUES ('gbt47678', '01', 'empty', 'gbt30428', '01')"
    ),
    "operating_mode_priority_key": "INSERT INTO operating_mode VALUES ('panic', 4, '', '')",
    "mode_period_not_daily": f"{PERIOD} ('daily', now(), now(), NULL, '{{}}', NULL, 'x', 1)",
    "mode_period_one_area": (
        f"{PERIOD} ('emergency', now(), now(), NULL, '{{1}}', {SQUARE}, 'x', 1)"
    ),
    "mode_period_ends_after_it_starts": (
        f"{PERIOD} ('emergency', now(), now(), now() - interval '1 h', '{{}}', NULL, 'x', 1)"
    ),
    "mode_period_not_backdated": (
        f"{PERIOD} ('emergency', now(), now() - interval '1 h', NULL, '{{}}', NULL, 'x', 1)"
    ),
    "mode_period_history_never_changes": (
        f"{PERIOD} ('emergency', now(), now(), NULL, '{{}}', NULL, 'x', 1);"
        "UPDATE mode_period SET mode = 'holiday'"
    ),
    "responsibility_rule_one_answer": f"{RULE.format('party_kind')} 1, 1, 'k')",
    "responsibility_rule_one_scope": f"{RULE.format('asset_kind, tolerance_m')} 1, 1, 'road', 5)",
    "responsibility_rule_one_second": (
        f"{RULE.format('reports_to_id, reports_to_kind')} 1, 1, 1, 'k')"
    ),
    "responsibility_rule_asset_has_tolerance": f"{RULE.format('tolerance_m')} 1, 1, 5)",
    "responsibility_rule_tolerance_in_reach": (
        f"{RULE.format('asset_kind, tolerance_m')} NULL, 1, 'road', 501)"
    ),
    "responsibility_rule_shift_has_calendar": f"{RULE.format('shift')} 1, 1, 'day')",
    "responsibility_rule_known_weekdays": f"{RULE.format('weekdays')} 1, 1, '{{8}}')",
    "responsibility_rule_known_day_kinds": f"{RULE.format('day_kinds')} 1, 1, '{{feast}}')",
    "responsibility_rule_valid_for_a_while": (
        f"{RULE.format('valid_from, valid_to')} 1, 1, now(), now())"
    ),
    "responsibility_rule_known_tree": f"{RULE.format('tree')} 1, 1, 'family')",
    "responsibility_rule_known_handling": f"{RULE.format('handling')} 1, 1, 'never')",
    "responsibility_rule_history_never_changes": "UPDATE responsibility_rule SET priority = 5",
    "party_past_append_only": (
        "INSERT INTO party_past SELECT party_id, 1, name, kind, contact FROM party LIMIT 1;"
        "UPDATE party_past SET name = 'x'"
    ),
    "duty_post_one_place": f"{POST} 1, 1, 'lead', NULL, NULL, NULL, NULL)",
    "duty_post_known_role": f"{POST} 1, NULL, 'boss', NULL, NULL, NULL, NULL)",
    "duty_post_shift_has_calendar": f"{POST} 1, NULL, 'lead', 'day', NULL, NULL, NULL)",
    "duty_post_valid_for_a_while": f"{POST} 1, NULL, 'lead', NULL, NULL, now(), now())",
}


@pytest.fixture(scope="module")
def owner(cluster, tiny_template):
    """A connection that may do anything, to one copy of the tiny city; nothing is committed."""
    with cloned(cluster, tiny_template.template) as dsns, psycopg.connect(dsns.owner) as conn:
        yield conn


@pytest.mark.parametrize("name", VIOLATIONS)
def test_the_database_refuses(owner, name):
    with pytest.raises(errors.IntegrityError) as refused, owner.transaction():
        owner.execute(VIOLATIONS[name])
    assert refused.value.diag.constraint_name == name


def test_nothing_of_rules_and_modes_is_deleted(city_conn):
    for table in ("responsibility_rule", "party_attachment", "mode_period", "party_past"):
        with pytest.raises(errors.InsufficientPrivilege), city_conn.transaction():
            city_conn.execute(psycopg.sql.SQL("DELETE FROM {}").format(
                psycopg.sql.Identifier(table)))  # fmt: skip
