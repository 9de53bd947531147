"""Let rules know modes, hours, holidays, assets, posts and ways of handling."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPEND_ONLY = ("party_past",)

RULE_SETS = ("party_attachment", "shift_calendar", "calendar_day", "category_mapping")

NEW_TABLES = (*APPEND_ONLY, *RULE_SETS, "operating_mode", "mode_period")

MODES = (
    ("daily", 1, "日常运行", "daily running"),
    ("holiday", 2, "重大节假日", "major holidays"),
    ("major_event", 3, "重大活动保障", "major event protection"),
    ("emergency", 4, "应急处置", "emergency handling"),
)

KEEP_MODES = """
CREATE FUNCTION keep_mode_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ends_at < clock_timestamp()
       OR NEW.ends_at < clock_timestamp() - interval '5 seconds' AND NEW.ends_at > NEW.starts_at
       OR to_jsonb(NEW) - ARRAY['ends_at', 'switched_off_by', 'revision']
          IS DISTINCT FROM to_jsonb(OLD) - ARRAY['ends_at', 'switched_off_by', 'revision'] THEN
        RAISE EXCEPTION 'what mode was on never changes: % was refused', TG_OP
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'mode_period_history_never_changes';
    END IF;
    RETURN NEW;
END $$
"""

KEEP_CLOSED = """
CREATE FUNCTION keep_rule_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NOT upper_inf(OLD.rule_sets)
       OR lower(NEW.rule_sets) IS DISTINCT FROM lower(OLD.rule_sets)
       OR to_jsonb(NEW) - 'rule_sets' IS DISTINCT FROM to_jsonb(OLD) - 'rule_sets' THEN
        RAISE EXCEPTION 'a rule set never changes: % of % was refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = TG_TABLE_NAME || '_history_never_changes';
    END IF;
    RETURN NEW;
END $$
"""

RULE_CHECKS = {
    "one_answer": "num_nonnulls(party_id, party_kind) = 1",
    "one_second": "num_nonnulls(reports_to_id, reports_to_kind) <= 1",
    "asset_has_tolerance": "(asset_kind IS NULL) = (tolerance_m IS NULL)"
    " AND (asset_name IS NULL OR asset_kind IS NOT NULL)",
    "tolerance_in_reach": "tolerance_m >= 0 AND tolerance_m <= 500",
    "shift_has_calendar": "(shift IS NULL) = (shift_calendar IS NULL)",
    "known_weekdays": "weekdays <@ '{1,2,3,4,5,6,7}'::smallint[]",
    "known_day_kinds": "day_kinds <@ '{workday,weekend,holiday}'::text[]",
    "valid_for_a_while": "valid_to > valid_from",
    "known_tree": "tree IN ('administering', 'legal')",
    "known_handling": "handling IN ('direct', 'joint', 'escalated')",
}

POST_CHECKS = {
    "one_place": "num_nonnulls(unit_id, exclusive_id) = 1",
    "known_role": "role IN ('lead', 'deputy', 'co_handler')",
    "shift_has_calendar": "(shift IS NULL) = (shift_calendar IS NULL)",
    "valid_for_a_while": "valid_to > valid_from",
}


def _rule_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("party_kind", sa.Text()),
        sa.Column("asset_kind", sa.Text()),
        sa.Column("asset_name", sa.Text()),
        sa.Column("tolerance_m", sa.Double()),
        sa.Column("mode", sa.Text()),
        sa.Column("shift_calendar", sa.Text()),
        sa.Column("shift", sa.Text()),
        sa.Column(
            "weekdays",
            postgresql.ARRAY(sa.SmallInteger()),
            server_default=sa.text("'{}'::smallint[]"),
            nullable=False,
        ),
        sa.Column(
            "day_kinds",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'::text[]"),
            nullable=False,
        ),
        sa.Column("valid_from", sa.DateTime(timezone=True)),
        sa.Column("valid_to", sa.DateTime(timezone=True)),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tree", sa.Text(), server_default=sa.text("'administering'"), nullable=False),
        sa.Column("handling", sa.Text(), server_default=sa.text("'direct'"), nullable=False),
        sa.Column("reports_to_id", sa.Integer()),
        sa.Column("reports_to_kind", sa.Text()),
    ]


def _post_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("exclusive_id", sa.Integer()),
        sa.Column("role", sa.Text(), server_default=sa.text("'lead'"), nullable=False),
        sa.Column("contact", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("ref", sa.Text()),
        sa.Column("shift_calendar", sa.Text()),
        sa.Column("shift", sa.Text()),
        sa.Column("valid_from", sa.DateTime(timezone=True)),
        sa.Column("valid_to", sa.DateTime(timezone=True)),
    ]


def upgrade() -> None:
    _grow_party()
    _add_attachments()
    _add_calendars()
    _add_mappings()
    _add_modes()
    _grow_rule()
    _grow_post()
    _grow_answer()
    _guard()


def _grow_party() -> None:
    op.add_column("party", sa.Column("superior_id", sa.Integer()))
    op.create_foreign_key(
        op.f("party_superior_id_fkey"), "party", "party", ["superior_id"], ["party_id"]
    )
    op.create_check_constraint(
        op.f("party_not_its_own_superior"), "party", "superior_id IS DISTINCT FROM party_id"
    )
    op.create_table(
        "party_past",
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("until_rule_set", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("superior_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.party_id"], name=op.f("party_past_party_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["superior_id"], ["party.party_id"], name=op.f("party_past_superior_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["until_rule_set"], ["rule_set.rule_set"], name=op.f("party_past_until_rule_set_fkey")
        ),
        sa.PrimaryKeyConstraint("party_id", "until_rule_set", name=op.f("party_past_pkey")),
        comment="append-only: what a party was in the rule sets before one",
    )


def _rule_sets() -> sa.Column[object]:
    return sa.Column("rule_sets", postgresql.INT4RANGE(), nullable=False)


def _not_empty(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint("NOT isempty(rule_sets)", name=op.f(f"{table}_rule_sets_not_empty"))


def _one_truth(table: str, *columns: str) -> postgresql.ExcludeConstraint:
    return postgresql.ExcludeConstraint(
        *((sa.column(column), "=") for column in columns),
        (sa.column("rule_sets"), "&&"),
        name=op.f(f"{table}_one_truth_at_a_time"),
        using="gist",
    )


def _add_attachments() -> None:
    op.create_table(
        "party_attachment",
        sa.Column("attachment_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        _rule_sets(),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer()),
        sa.Column("exclusive_id", sa.Integer()),
        sa.Column("role", sa.Text(), server_default=sa.text("'lead'"), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(unit_id, exclusive_id) = 1", name=op.f("party_attachment_one_place")
        ),
        sa.CheckConstraint(
            "role IN ('lead', 'deputy', 'co_handler')", name=op.f("party_attachment_known_role")
        ),
        _not_empty("party_attachment"),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.party_id"], name=op.f("party_attachment_party_id_fkey")
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("party_attachment_pkey")),
    )
    for column in ("unit_id", "exclusive_id"):
        op.create_index(f"party_attachment_{column}_idx", "party_attachment", [column])


def _add_calendars() -> None:
    op.create_table(
        "shift_calendar",
        sa.Column("code", sa.Text(), nullable=False),
        _rule_sets(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shifts", postgresql.JSONB(), nullable=False),
        _not_empty("shift_calendar"),
        _one_truth("shift_calendar", "code"),
        sa.PrimaryKeyConstraint("code", "rule_sets", name=op.f("shift_calendar_pkey")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        _rule_sets(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('holiday', 'workday')", name=op.f("calendar_day_known_kind")),
        _not_empty("calendar_day"),
        _one_truth("calendar_day", "day"),
        sa.PrimaryKeyConstraint("day", "rule_sets", name=op.f("calendar_day_pkey")),
    )


def _add_mappings() -> None:
    classes = ["event_category.scheme", "event_category.code"]
    op.create_table(
        "category_mapping",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        _rule_sets(),
        sa.Column("to_scheme", sa.Text(), nullable=False),
        sa.Column("to_category", sa.Text(), nullable=False),
        sa.CheckConstraint("scheme <> to_scheme", name=op.f("category_mapping_to_another_scheme")),
        _not_empty("category_mapping"),
        _one_truth("category_mapping", "scheme", "category"),
        sa.ForeignKeyConstraint(
            ["scheme", "category"], classes, name=op.f("category_mapping_scheme_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["to_scheme", "to_category"], classes, name=op.f("category_mapping_to_scheme_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "scheme", "category", "rule_sets", name=op.f("category_mapping_pkey")
        ),
    )


def _add_modes() -> None:
    mode = op.create_table(
        "operating_mode",
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mode", name=op.f("operating_mode_pkey")),
        sa.UniqueConstraint("priority", name=op.f("operating_mode_priority_key")),
    )
    names = ("mode", "priority", "name_zh", "name_en")
    op.bulk_insert(mode, [dict(zip(names, row, strict=True)) for row in MODES])
    op.execute("CREATE SEQUENCE mode_revision_seq")
    op.create_table(
        "mode_period",
        sa.Column("period_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True)),
        sa.Column(
            "unit_ids",
            postgresql.ARRAY(sa.Integer()),
            server_default=sa.text("'{}'::integer[]"),
            nullable=False,
        ),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False)),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("switched_on_by", sa.Text(), nullable=False),
        sa.Column("switched_off_by", sa.Text()),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("mode <> 'daily'", name=op.f("mode_period_not_daily")),
        sa.CheckConstraint(
            "geom IS NULL OR unit_ids = '{}'::integer[]", name=op.f("mode_period_one_area")
        ),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("mode_period_ends_after_it_starts")),
        sa.CheckConstraint("starts_at >= recorded_at", name=op.f("mode_period_not_backdated")),
        sa.ForeignKeyConstraint(
            ["mode"], ["operating_mode.mode"], name=op.f("mode_period_mode_fkey")
        ),
        sa.PrimaryKeyConstraint("period_id", name=op.f("mode_period_pkey")),
        comment="never deleted: a period may only be given another end that has not passed",
    )


def _grow_rule() -> None:
    op.drop_constraint("responsibility_rule_one_scope", "responsibility_rule")
    op.alter_column("responsibility_rule", "party_id", nullable=True)
    for column in _rule_columns():
        op.add_column("responsibility_rule", column)
    op.create_check_constraint(
        op.f("responsibility_rule_one_scope"),
        "responsibility_rule",
        "num_nonnulls(scope_unit_id, scope_exclusive_id, asset_kind) = 1",
    )
    for name, check in RULE_CHECKS.items():
        op.create_check_constraint(
            op.f(f"responsibility_rule_{name}"), "responsibility_rule", check
        )
    for column, target in (("mode", "operating_mode.mode"), ("reports_to_id", "party.party_id")):
        table, key = target.split(".")
        name = op.f(f"responsibility_rule_{column}_fkey")
        op.create_foreign_key(name, "responsibility_rule", table, [column], [key])


def _grow_post() -> None:
    op.alter_column("duty_post", "unit_id", nullable=True)
    for column in _post_columns():
        op.add_column("duty_post", column)
    for name, check in POST_CHECKS.items():
        op.create_check_constraint(op.f(f"duty_post_{name}"), "duty_post", check)
    op.create_index("duty_post_exclusive_id_idx", "duty_post", ["exclusive_id"])


def _grow_answer() -> None:
    handling = sa.Column("handling", sa.Text(), server_default=sa.text("'direct'"), nullable=False)
    beside = sa.Column(
        "beside", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False
    )
    for column in (handling, sa.Column("mode", sa.Text()), beside):
        op.add_column("event_assignment", column)


def _guard() -> None:
    for table in NEW_TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO gridgeo_app")
        op.execute(f"GRANT SELECT ON {table} TO gridgeo_reader")
        op.execute(f"REVOKE DELETE, TRUNCATE ON {table} FROM gridgeo_app")
    op.execute(
        "GRANT USAGE, SELECT ON SEQUENCE mode_revision_seq, mode_period_period_id_seq, "
        "party_attachment_attachment_id_seq TO gridgeo_app"
    )
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE ON {table} FROM gridgeo_app")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION append_only()"
        )
    op.execute(KEEP_MODES)
    op.execute(
        "CREATE TRIGGER keep_mode_history BEFORE UPDATE OR DELETE ON mode_period "
        "FOR EACH ROW EXECUTE FUNCTION keep_mode_history()"
    )
    op.execute(KEEP_CLOSED)
    for table in (*RULE_SETS, "responsibility_rule"):
        op.execute(
            f"CREATE TRIGGER keep_rule_history BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION keep_rule_history()"
        )


def downgrade() -> None:
    """Take it away; refused while an answer rests on a rule that could not be held then."""
    for name in ("beside", "mode", "handling"):
        op.drop_column("event_assignment", name)
    op.execute("DROP TRIGGER keep_rule_history ON responsibility_rule")
    op.execute(
        "DELETE FROM responsibility_rule r WHERE (party_id IS NULL OR asset_kind IS NOT NULL) "
        "AND NOT EXISTS (SELECT FROM event_assignment a WHERE a.rule_id = r.rule_id)"
    )
    op.execute("DELETE FROM duty_post WHERE unit_id IS NULL")
    op.drop_constraint("responsibility_rule_one_scope", "responsibility_rule")
    for column in _rule_columns():
        op.drop_column("responsibility_rule", column.name)
    op.alter_column("responsibility_rule", "party_id", nullable=False)
    op.create_check_constraint(
        op.f("responsibility_rule_one_scope"),
        "responsibility_rule",
        "num_nonnulls(scope_unit_id, scope_exclusive_id) = 1",
    )
    op.drop_index("duty_post_exclusive_id_idx", "duty_post")
    for column in _post_columns():
        op.drop_column("duty_post", column.name)
    op.alter_column("duty_post", "unit_id", nullable=False)
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    op.execute("DROP SEQUENCE mode_revision_seq")
    op.execute("DROP FUNCTION keep_mode_history()")
    op.execute("DROP FUNCTION keep_rule_history()")
    op.drop_column("party", "superior_id")
