"""Create every table of the city; generated from `db/tables.py`, as of this revision."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE unit_id_seq AS integer")
    op.execute("CREATE SEQUENCE exclusive_id_seq AS integer")
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('viewer', 'dispatcher', 'planner', 'analyst', 'operator')",
            name=op.f("api_key_known_role"),
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("api_key_pkey")),
        sa.UniqueConstraint("key_hash", name=op.f("api_key_key_hash_key")),
        sa.UniqueConstraint("prefix", name=op.f("api_key_prefix_key")),
    )
    op.create_geospatial_table(
        "asset",
        sa.Column("asset_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('lamp', 'park', 'ponding_point')", name=op.f("asset_known_kind")
        ),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("asset_pkey")),
    )
    op.create_geospatial_index(
        "asset_geom_gist",
        "asset",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_geospatial_table(
        "building",
        sa.Column("building_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "entrance",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("households", sa.SmallInteger(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "households BETWEEN 0 AND 40", name=op.f("building_households_of_one_entrance")
        ),
        sa.PrimaryKeyConstraint("building_id", name=op.f("building_pkey")),
    )
    op.create_geospatial_index(
        "building_geom_gist",
        "building",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "channel",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("channel_pkey")),
    )
    op.create_table(
        "city_profile",
        sa.Column("singleton", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("planar_srid", sa.Integer(), nullable=False),
        sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("singleton", name=op.f("city_profile_one_row")),
        sa.PrimaryKeyConstraint("singleton", name=op.f("city_profile_pkey")),
    )
    op.create_geospatial_table(
        "duty_post",
        sa.Column("post_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("post_id", name=op.f("duty_post_pkey")),
        sa.UniqueConstraint("code", name=op.f("duty_post_code_key")),
    )
    op.create_index("duty_post_unit_id_idx", "duty_post", ["unit_id"], unique=False)
    op.create_table(
        "event_category",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "code", name=op.f("event_category_pkey")),
    )
    op.create_table(
        "event_key",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "external_id", name=op.f("event_key_pkey")),
        sa.UniqueConstraint("event_id", name=op.f("event_key_event_id_key")),
    )
    op.create_geospatial_table(
        "exclusive_grid",
        sa.Column("exclusive_id", sa.Integer(), nullable=False),
        sa.Column("versions", postgresql.INT4RANGE(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("code"), "="),
            (sa.column("versions"), "&&"),
            using="gist",
            name="exclusive_grid_code_once_at_a_time",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("exclusive_id"), "="),
            (sa.column("versions"), "&&"),
            using="gist",
            name="exclusive_grid_one_truth_at_a_time",
        ),
        sa.CheckConstraint("NOT ST_IsEmpty(geom)", name=op.f("exclusive_grid_not_empty")),
        sa.PrimaryKeyConstraint("exclusive_id", "versions", name=op.f("exclusive_grid_pkey")),
    )
    op.create_geospatial_index(
        "exclusive_grid_geom_gist",
        "exclusive_grid",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_geospatial_table(
        "line_feature",
        sa.Column("line_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="LINESTRING",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("family IN ('road', 'barrier')", name=op.f("line_feature_known_family")),
        sa.PrimaryKeyConstraint("line_id", name=op.f("line_feature_pkey")),
    )
    op.create_geospatial_index(
        "line_feature_geom_gist",
        "line_feature",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "map_version",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parent_version", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "(version = 1 AND parent_version IS NULL) OR parent_version = version - 1",
            name=op.f("map_version_follows_its_parent"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_version"],
            ["map_version.version"],
            name=op.f("map_version_parent_version_fkey"),
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("map_version_pkey")),
        sa.UniqueConstraint("parent_version", name=op.f("map_version_parent_version_key")),
        sa.UniqueConstraint("valid_from", name=op.f("map_version_valid_from_key")),
    )
    op.create_table(
        "party",
        sa.Column("party_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("party_id", name=op.f("party_pkey")),
        sa.UniqueConstraint("code", name=op.f("party_code_key")),
    )
    op.create_geospatial_table(
        "place",
        sa.Column("place_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("address", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("place_id", name=op.f("place_pkey")),
    )
    op.create_geospatial_index(
        "place_geom_gist",
        "place",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(
        "place_name_trgm",
        "place",
        ["name", "pinyin", "address"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={
            "name": "gin_trgm_ops",
            "pinyin": "gin_trgm_ops",
            "address": "gin_trgm_ops",
        },
    )
    op.create_table(
        "rule_set",
        sa.Column("rule_set", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("rule_set", name=op.f("rule_set_pkey")),
        sa.UniqueConstraint("valid_from", name=op.f("rule_set_valid_from_key")),
    )
    op.create_table(
        "unit_level",
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("code_pattern", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("level", name=op.f("unit_level_pkey")),
        sa.UniqueConstraint("depth", name=op.f("unit_level_depth_key")),
    )
    op.create_geospatial_table(
        "unit_shape",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("versions", postgresql.INT4RANGE(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("is_leaf", sa.Boolean(), nullable=False),
        sa.Column("source_crs", sa.Text(), server_default=sa.text("'EPSG:4326'"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("unit_id"), "="),
            (sa.column("versions"), "&&"),
            using="gist",
            name="unit_shape_one_truth_at_a_time",
        ),
        sa.CheckConstraint("NOT ST_IsEmpty(geom)", name=op.f("unit_shape_not_empty")),
        sa.CheckConstraint("NOT isempty(versions)", name=op.f("unit_shape_versions_not_empty")),
        sa.CheckConstraint("area_m2 > 0", name=op.f("unit_shape_area_positive")),
        sa.PrimaryKeyConstraint("unit_id", "versions", name=op.f("unit_shape_pkey")),
    )
    op.create_geospatial_index(
        "unit_shape_geom_gist",
        "unit_shape",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_geospatial_table(
        "device",
        sa.Column("device_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("map_version", sa.Integer(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "family IN ('video', 'iot', 'mobile')", name=op.f("device_known_family")
        ),
        sa.ForeignKeyConstraint(
            ["map_version"], ["map_version.version"], name=op.f("device_map_version_fkey")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("device_pkey")),
        sa.UniqueConstraint("code", name=op.f("device_code_key")),
    )
    op.create_geospatial_index(
        "device_geom_gist",
        "device",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index("device_unit_id_idx", "device", ["unit_id"], unique=False)
    op.create_geospatial_table(
        "event",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("category_scheme", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("description", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'reported'"), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("accuracy_m", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("map_version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("accuracy_m >= 0", name=op.f("event_accuracy_not_negative")),
        sa.ForeignKeyConstraint(
            ["category_scheme", "category"],
            ["event_category.scheme", "event_category.code"],
            name=op.f("event_category_scheme_fkey"),
        ),
        sa.ForeignKeyConstraint(["channel"], ["channel.channel"], name=op.f("event_channel_fkey")),
        sa.ForeignKeyConstraint(
            ["map_version"], ["map_version.version"], name=op.f("event_map_version_fkey")
        ),
        sa.PrimaryKeyConstraint("event_id", "received_at", name=op.f("event_pkey")),
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_geospatial_index(
        "event_geom_gist",
        "event",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index("event_unit_id_idx", "event", ["unit_id"], unique=False)
    op.create_table(
        "plan",
        sa.Column("plan_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'draft'"), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("published_version", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(state = 'published') = (published_version IS NOT NULL)",
            name=op.f("plan_published_has_a_version"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'published', 'withdrawn')",
            name=op.f("plan_known_state"),
        ),
        sa.ForeignKeyConstraint(
            ["base_version"], ["map_version.version"], name=op.f("plan_base_version_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["published_version"], ["map_version.version"], name=op.f("plan_published_version_fkey")
        ),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("plan_pkey")),
        sa.UniqueConstraint("published_version", name=op.f("plan_published_version_key")),
    )
    op.create_table(
        "responsibility_rule",
        sa.Column("rule_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("rule_sets", postgresql.INT4RANGE(), nullable=False),
        sa.Column("scope_unit_id", sa.Integer(), nullable=True),
        sa.Column("scope_exclusive_id", sa.Integer(), nullable=True),
        sa.Column("category_scheme", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), server_default=sa.text("'lead'"), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "role IN ('lead', 'co_handler', 'deputy')", name=op.f("responsibility_rule_known_role")
        ),
        sa.CheckConstraint(
            "(category IS NULL) = (category_scheme IS NULL)",
            name=op.f("responsibility_rule_category_has_scheme"),
        ),
        sa.CheckConstraint(
            "NOT isempty(rule_sets)", name=op.f("responsibility_rule_rule_sets_not_empty")
        ),
        sa.CheckConstraint(
            "num_nonnulls(scope_unit_id, scope_exclusive_id) = 1",
            name=op.f("responsibility_rule_one_scope"),
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.party_id"], name=op.f("responsibility_rule_party_id_fkey")
        ),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("responsibility_rule_pkey")),
    )
    op.create_index(
        "responsibility_rule_scope_exclusive_id_idx",
        "responsibility_rule",
        ["scope_exclusive_id"],
        unique=False,
    )
    op.create_index(
        "responsibility_rule_scope_unit_id_idx",
        "responsibility_rule",
        ["scope_unit_id"],
        unique=False,
    )
    op.create_table(
        "unit_code",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("first_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(code) BETWEEN 1 AND 24", name=op.f("unit_code_code_length")),
        sa.ForeignKeyConstraint(
            ["first_version"], ["map_version.version"], name=op.f("unit_code_first_version_fkey")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("unit_code_pkey")),
        sa.UniqueConstraint("code", "unit_id", name=op.f("unit_code_code_unit_id_key")),
        comment="append-only: a code is never given to another unit",
    )
    op.create_table(
        "unit_lineage",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_unit_id", sa.Integer(), nullable=False),
        sa.Column("to_unit_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("area_share", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "area_share > 0 AND area_share <= 1.000000001",
            name=op.f("unit_lineage_area_share_is_a_share"),
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["map_version.version"], name=op.f("unit_lineage_version_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "version", "from_unit_id", "to_unit_id", name=op.f("unit_lineage_pkey")
        ),
    )
    op.create_table(
        "event_assignment",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("map_version", sa.Integer(), nullable=False),
        sa.Column("rule_set", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("chain", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("exclusive_ids", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("border_m", sa.Double(), nullable=True),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "cause IN ('intake', 'publication')", name=op.f("event_assignment_known_cause")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event_key.event_id"], name=op.f("event_assignment_event_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["map_version"], ["map_version.version"], name=op.f("event_assignment_map_version_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.party_id"], name=op.f("event_assignment_party_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["responsibility_rule.rule_id"], name=op.f("event_assignment_rule_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["rule_set"], ["rule_set.rule_set"], name=op.f("event_assignment_rule_set_fkey")
        ),
        sa.PrimaryKeyConstraint("event_id", "seq", name=op.f("event_assignment_pkey")),
        comment="append-only: what was answered, when, by which map and rules",
    )
    op.create_table(
        "plan_edit",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name=op.f("plan_edit_plan_id_fkey")),
        sa.PrimaryKeyConstraint("plan_id", "seq", name=op.f("plan_edit_pkey")),
    )
    op.create_table(
        "unit",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("versions", postgresql.INT4RANGE(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("legal_parent_id", sa.Integer(), nullable=True),
        sa.Column("is_leaf", sa.Boolean(), nullable=False),
        sa.Column("households", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("unit_id"), "="),
            (sa.column("versions"), "&&"),
            using="gist",
            name="unit_one_truth_at_a_time",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("versions"), "&&"),
            where=sa.text("parent_id IS NULL"),
            using="gist",
            name="unit_one_root_at_a_time",
        ),
        sa.CheckConstraint("NOT isempty(versions)", name=op.f("unit_versions_not_empty")),
        sa.CheckConstraint("households >= 0", name=op.f("unit_households_not_negative")),
        sa.CheckConstraint(
            "parent_id IS DISTINCT FROM unit_id", name=op.f("unit_not_its_own_parent")
        ),
        sa.ForeignKeyConstraint(
            ["code", "unit_id"],
            ["unit_code.code", "unit_code.unit_id"],
            name=op.f("unit_code_fkey"),
        ),
        sa.ForeignKeyConstraint(["level"], ["unit_level.level"], name=op.f("unit_level_fkey")),
        sa.PrimaryKeyConstraint("unit_id", "versions", name=op.f("unit_pkey")),
    )
    op.create_index("unit_code_idx", "unit", ["code"], unique=False)
    op.create_index(
        "unit_name_trgm",
        "unit",
        ["name", "pinyin"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops", "pinyin": "gin_trgm_ops"},
    )
    op.create_index("unit_parent_id_idx", "unit", ["parent_id"], unique=False)


def downgrade() -> None:
    op.drop_index("unit_parent_id_idx", table_name="unit")
    op.drop_index(
        "unit_name_trgm",
        table_name="unit",
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops", "pinyin": "gin_trgm_ops"},
    )
    op.drop_index("unit_code_idx", table_name="unit")
    op.drop_table("unit")
    op.drop_table("plan_edit")
    op.drop_table("event_assignment")
    op.drop_table("unit_lineage")
    op.drop_table("unit_code")
    op.drop_index("responsibility_rule_scope_unit_id_idx", table_name="responsibility_rule")
    op.drop_index("responsibility_rule_scope_exclusive_id_idx", table_name="responsibility_rule")
    op.drop_table("responsibility_rule")
    op.drop_table("plan")
    op.drop_index("event_unit_id_idx", table_name="event")
    op.drop_geospatial_index(
        "event_geom_gist", table_name="event", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("event")
    op.drop_index("device_unit_id_idx", table_name="device")
    op.drop_geospatial_index(
        "device_geom_gist", table_name="device", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("device")
    op.drop_geospatial_index(
        "unit_shape_geom_gist", table_name="unit_shape", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("unit_shape")
    op.drop_table("unit_level")
    op.drop_table("rule_set")
    op.drop_index(
        "place_name_trgm",
        table_name="place",
        postgresql_using="gin",
        postgresql_ops={
            "name": "gin_trgm_ops",
            "pinyin": "gin_trgm_ops",
            "address": "gin_trgm_ops",
        },
    )
    op.drop_geospatial_index(
        "place_geom_gist", table_name="place", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("place")
    op.drop_table("party")
    op.drop_table("map_version")
    op.drop_geospatial_index(
        "line_feature_geom_gist",
        table_name="line_feature",
        postgresql_using="gist",
        column_name="geom",
    )
    op.drop_geospatial_table("line_feature")
    op.drop_geospatial_index(
        "exclusive_grid_geom_gist",
        table_name="exclusive_grid",
        postgresql_using="gist",
        column_name="geom",
    )
    op.drop_geospatial_table("exclusive_grid")
    op.drop_table("event_key")
    op.drop_table("event_category")
    op.drop_index("duty_post_unit_id_idx", table_name="duty_post")
    op.drop_geospatial_table("duty_post")
    op.drop_table("city_profile")
    op.drop_table("channel")
    op.drop_geospatial_index(
        "building_geom_gist", table_name="building", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("building")
    op.drop_geospatial_index(
        "asset_geom_gist", table_name="asset", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("asset")
    op.drop_table("api_key")
    op.execute("DROP SEQUENCE unit_id_seq")
    op.execute("DROP SEQUENCE exclusive_id_seq")
