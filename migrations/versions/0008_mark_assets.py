"""Mark the state of assets and lines, and tell every worker at the commit of a change.

Whoever writes them gives the state a new random word, without any right to that table. Two who
write at once wait for each other. Units that have a legal parent of their own, a few dozen of a
city's, get an index: each start of a server asks for them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SOURCES = ("asset", "line_feature")

NOTE_ASSETS = """
CREATE FUNCTION note_assets() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE public.asset_state SET state = gen_random_uuid();
    PERFORM pg_notify('gridgeo_rules', 'assets');
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "asset_state",
        sa.Column("singleton", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "state",
            postgresql.UUID(),
            server_default=sa.text("gen_random_uuid()"),
            nullable=False,
        ),
        sa.CheckConstraint("singleton", name=op.f("asset_state_one_row")),
        sa.PrimaryKeyConstraint("singleton", name=op.f("asset_state_pkey")),
        comment="written by triggers alone: another word at each change of asset or line_feature",
    )
    op.execute("INSERT INTO asset_state DEFAULT VALUES")
    op.execute("GRANT SELECT ON asset_state TO gridgeo_app, gridgeo_reader")
    op.execute("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON asset_state FROM gridgeo_app")
    op.execute(NOTE_ASSETS)
    op.execute("REVOKE ALL ON FUNCTION note_assets() FROM PUBLIC")
    for table in SOURCES:
        op.execute(
            f"CREATE TRIGGER note_assets AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION note_assets()"
        )
    op.create_index(
        "unit_legal_parent_id_idx",
        "unit",
        ["unit_id"],
        postgresql_where=sa.text("legal_parent_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("unit_legal_parent_id_idx", "unit")
    for table in SOURCES:
        op.execute(f"DROP TRIGGER note_assets ON {table}")
    op.execute("DROP FUNCTION note_assets()")
    op.drop_table("asset_state")
