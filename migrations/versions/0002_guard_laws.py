"""Let the database refuse what no code may do: change the past, delete, bare exclusive grids.

Also the yearly partitions of events, and the rights of each role.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

YEARS = range(2020, 2041)

MAP_TABLES = ("unit", "unit_shape", "exclusive_grid")

APPEND_ONLY = (
    "map_version", "unit_code", "unit_lineage", "rule_set", "plan_edit", "event_key",
    "event_assignment",
)  # fmt: skip

KEEP_PUBLISHED = """
CREATE FUNCTION keep_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NOT upper_inf(OLD.versions)
       OR lower(NEW.versions) IS DISTINCT FROM lower(OLD.versions)
       OR to_jsonb(NEW) - 'versions' IS DISTINCT FROM to_jsonb(OLD) - 'versions' THEN
        RAISE EXCEPTION 'a published map never changes: % of % was refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = TG_TABLE_NAME || '_published_never_changes';
    END IF;
    RETURN NEW;
END $$
"""

APPEND_ONLY_FUNCTION = """
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % was refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$
"""

HAS_PARTY = """
CREATE FUNCTION exclusive_grid_has_party() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM responsibility_rule
                   WHERE scope_exclusive_id = NEW.exclusive_id AND upper_inf(rule_sets)) THEN
        RAISE EXCEPTION 'exclusive grid % has no party', NEW.code
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'exclusive_grid_has_party';
    END IF;
    RETURN NULL;
END $$
"""

KEEP_RECEIVED = """
CREATE FUNCTION keep_received_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'received_at of event % never changes', OLD.event_id
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'event_received_at_never_changes';
END $$
"""


def upgrade() -> None:
    for year in YEARS:
        op.execute(
            f"CREATE TABLE event_{year} PARTITION OF event FOR VALUES "
            f"FROM ('{year}-01-01 00:00+00') TO ('{year + 1}-01-01 00:00+00')"
        )
    op.execute("CREATE TABLE event_other PARTITION OF event DEFAULT")
    for function in (KEEP_PUBLISHED, APPEND_ONLY_FUNCTION, HAS_PARTY, KEEP_RECEIVED):
        op.execute(function)
    for table in MAP_TABLES:
        op.execute(
            f"CREATE TRIGGER keep_published BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION keep_published()"
        )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION append_only()"
        )
    op.execute(
        "CREATE CONSTRAINT TRIGGER has_party AFTER INSERT ON exclusive_grid "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION exclusive_grid_has_party()"
    )
    op.execute(
        "CREATE TRIGGER keep_received_at BEFORE UPDATE ON event FOR EACH ROW "
        "WHEN (OLD.received_at IS DISTINCT FROM NEW.received_at) "
        "EXECUTE FUNCTION keep_received_at()"
    )
    _grant()


def _grant() -> None:
    op.execute("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO gridgeo_app")
    op.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO gridgeo_reader")
    op.execute("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO gridgeo_app")
    op.execute("REVOKE DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public FROM gridgeo_app")
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE ON {table} FROM gridgeo_app")
    op.execute("REVOKE ALL ON api_key FROM gridgeo_reader")
    op.execute("REVOKE INSERT, UPDATE ON alembic_version FROM gridgeo_app")


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_received_at ON event")
    op.execute("DROP TRIGGER has_party ON exclusive_grid")
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER append_only ON {table}")
    for table in MAP_TABLES:
        op.execute(f"DROP TRIGGER keep_published ON {table}")
    for name in ("keep_published", "append_only", "exclusive_grid_has_party", "keep_received_at"):
        op.execute(f"DROP FUNCTION {name}()")
    for partition in (*YEARS, "other"):
        op.execute(f"DROP TABLE event_{partition}")
