"""Let plans be undone, locked, discussed, scheduled and rolled back; count households in lineage.

`plan_edit` and `unit_lineage` are append-only, so their triggers rest while old rows are completed:
an edit followed the one before it, and households went with the land.
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NEW_TABLES = ("plan_step", "plan_lock", "plan_comment")

APPEND_ONLY = ("plan_step", "plan_comment")


def upgrade() -> None:
    _grow_log()
    _grow_plan()
    _grow_lineage()
    _index_versions()
    _add_steps()
    _add_locks()
    _add_comments()
    _guard()


def _grow_log() -> None:
    op.add_column("plan_edit", sa.Column("after_seq", sa.Integer()))
    op.add_column(
        "plan_edit",
        sa.Column(
            "codes",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'::text[]"),
            nullable=False,
        ),
    )
    _complete("plan_edit", "after_seq = seq - 1")
    op.alter_column("plan_edit", "after_seq", nullable=False)
    op.create_check_constraint(
        op.f("plan_edit_follows_an_earlier_one"), "plan_edit", "after_seq >= 0 AND after_seq < seq"
    )


def _grow_plan() -> None:
    op.add_column(
        "plan", sa.Column("at_seq", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.execute(
        "UPDATE plan SET at_seq = (SELECT coalesce(max(seq), 0) FROM plan_edit "
        "WHERE plan_edit.plan_id = plan.plan_id)"
    )
    op.add_column("plan", sa.Column("publish_at", sa.DateTime(timezone=True)))
    op.add_column("plan", sa.Column("publish_as", sa.Text()))
    op.create_check_constraint(
        op.f("plan_scheduled_by_somebody"), "plan", "(publish_at IS NULL) = (publish_as IS NULL)"
    )
    op.create_check_constraint(
        op.f("plan_scheduled_is_approved"), "plan", "publish_at IS NULL OR state = 'approved'"
    )
    op.create_index(
        "plan_publish_at_idx",
        "plan",
        ["publish_at"],
        postgresql_where=sa.text("publish_at IS NOT NULL"),
    )


def _grow_lineage() -> None:
    op.add_column("unit_lineage", sa.Column("household_share", sa.Double()))
    _complete("unit_lineage", "household_share = least(area_share, 1)")
    op.alter_column("unit_lineage", "household_share", nullable=False)
    op.create_check_constraint(
        op.f("unit_lineage_household_share_is_a_share"),
        "unit_lineage",
        "household_share >= 0 AND household_share <= 1.000000001",
    )
    op.create_index("unit_lineage_from_unit_id_idx", "unit_lineage", ["from_unit_id"])


def _complete(table: str, assignment: str) -> None:
    op.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
    op.execute(f"UPDATE {table} SET {assignment}")
    op.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")


def _index_versions() -> None:
    for table in ("unit", "unit_shape"):
        for name, end in (("since", "lower"), ("until", "upper")):
            op.create_index(f"{table}_{name}_idx", table, [sa.text(f"{end}(versions)")])


def _add_steps() -> None:
    op.create_table(
        "plan_step",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "taken_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "step IN ('undo', 'redo', 'rebase', 'submit', 'approve', 'reject', 'withdraw', "
            "'schedule', 'publish', 'fail')",
            name=op.f("plan_step_known_step"),
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name=op.f("plan_step_plan_id_fkey")),
        sa.PrimaryKeyConstraint("plan_id", "revision", name=op.f("plan_step_pkey")),
        comment="append-only: who took which step of a plan, when and why",
    )


def _add_locks() -> None:
    op.create_table(
        "plan_lock",
        sa.Column("lock_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("only_actor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "taken_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("released_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name=op.f("plan_lock_plan_id_fkey")),
        sa.PrimaryKeyConstraint("lock_id", name=op.f("plan_lock_pkey")),
    )
    op.create_index(
        "plan_lock_held_once",
        "plan_lock",
        ["unit_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )


def _add_comments() -> None:
    op.create_table(
        "plan_comment",
        sa.Column("comment_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False)),
        sa.Column("unit_code", sa.Text()),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "length(text) BETWEEN 1 AND 4000", name=op.f("plan_comment_says_something")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.plan_id"], name=op.f("plan_comment_plan_id_fkey")
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("plan_comment_pkey")),
        comment="append-only: what was said about a plan; phone and identity numbers are masked",
    )
    op.create_index("plan_comment_plan_id_idx", "plan_comment", ["plan_id"])


def _guard() -> None:
    for table in NEW_TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO gridgeo_app")
        op.execute(f"GRANT SELECT ON {table} TO gridgeo_reader")
        op.execute(f"REVOKE DELETE, TRUNCATE ON {table} FROM gridgeo_app")
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE ON {table} FROM gridgeo_app")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION append_only()"
        )
    op.execute(
        "GRANT USAGE, SELECT ON SEQUENCE plan_lock_lock_id_seq, plan_comment_comment_id_seq "
        "TO gridgeo_app"
    )


def downgrade() -> None:
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    op.drop_index("unit_lineage_from_unit_id_idx", "unit_lineage")
    op.drop_column("unit_lineage", "household_share")
    for table in ("unit_shape", "unit"):
        for name in ("until", "since"):
            op.drop_index(f"{table}_{name}_idx", table)
    op.drop_index("plan_publish_at_idx", "plan")
    for column in ("publish_as", "publish_at", "at_seq"):
        op.drop_column("plan", column)
    for column in ("codes", "after_seq"):
        op.drop_column("plan_edit", column)
