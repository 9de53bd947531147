"""The whole schema on one page.

Ids are ours and append-only; codes are official. A row that belongs to the map carries `versions`,
the half-open range of map versions in which it holds; a responsibility rule carries `rule_sets`
in the same way. All geometry is EPSG:4326 on the 1e-7 degree lattice, lon then lat.
Each table has one writer: the capability named above it; any SQL may read.
"""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Sequence,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INT4RANGE, JSONB, UUID, ExcludeConstraint

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def _geometry(kind: str, *, nullable: bool = False) -> Column[object]:
    return Column("geom", Geometry(kind, srid=4326, spatial_index=False), nullable=nullable)


def _gist(table: str, column: str = "geom") -> Index:
    return Index(f"{table}_{column}_gist", column, postgresql_using="gist")


def _rule_sets(*, primary_key: bool = False) -> Column[object]:
    return Column("rule_sets", INT4RANGE, nullable=False, primary_key=primary_key)


def _now(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=text("now()"))


def _synthetic() -> Column[bool]:
    return Column("synthetic", Boolean, nullable=False, server_default=text("false"))


unit_id_seq = Sequence("unit_id_seq", data_type=Integer, metadata=metadata)
exclusive_id_seq = Sequence("exclusive_id_seq", data_type=Integer, metadata=metadata)

# --- units/: what the map is -------------------------------------------------------------------

city_profile = Table(
    "city_profile",
    metadata,
    Column("singleton", Boolean, primary_key=True, server_default=text("true")),
    Column("name", Text, nullable=False),
    Column("planar_srid", Integer, nullable=False),
    Column("profile", JSONB, nullable=False),
    CheckConstraint("singleton", name="one_row"),
)

unit_level = Table(
    "unit_level",
    metadata,
    Column("level", Text, primary_key=True),
    Column("depth", SmallInteger, nullable=False, unique=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("code_pattern", Text, nullable=False),
)

map_version = Table(
    "map_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("parent_version", Integer, ForeignKey("map_version.version"), unique=True),
    Column("valid_from", DateTime(timezone=True), nullable=False, unique=True),
    Column("actor", Text, nullable=False),
    Column("document_no", Text),
    Column("note", Text, nullable=False, server_default=text("''")),
    _synthetic(),
    CheckConstraint(
        "(version = 1 AND parent_version IS NULL) OR parent_version = version - 1",
        name="follows_its_parent",
    ),
)

unit_code = Table(
    "unit_code",
    metadata,
    Column("code", Text, primary_key=True),
    Column("unit_id", Integer, nullable=False),
    Column("first_version", Integer, ForeignKey("map_version.version"), nullable=False),
    UniqueConstraint("code", "unit_id"),
    CheckConstraint("length(code) BETWEEN 1 AND 24", name="code_length"),
    comment="append-only: a code is never given to another unit",
)

unit = Table(
    "unit",
    metadata,
    Column("unit_id", Integer, nullable=False, primary_key=True),
    Column("versions", INT4RANGE, nullable=False, primary_key=True),
    Column("code", Text, nullable=False),
    Column("level", Text, ForeignKey("unit_level.level"), nullable=False),
    Column("name", Text, nullable=False),
    Column("pinyin", Text, nullable=False, server_default=text("''")),
    Column("parent_id", Integer),
    Column("legal_parent_id", Integer),
    Column("is_leaf", Boolean, nullable=False),
    Column("households", Integer, nullable=False, server_default=text("0")),
    _synthetic(),
    ForeignKeyConstraint(["code", "unit_id"], ["unit_code.code", "unit_code.unit_id"]),
    CheckConstraint("NOT isempty(versions)", name="versions_not_empty"),
    CheckConstraint("households >= 0", name="households_not_negative"),
    CheckConstraint("parent_id IS DISTINCT FROM unit_id", name="not_its_own_parent"),
    ExcludeConstraint(
        ("unit_id", "="), ("versions", "&&"), name="unit_one_truth_at_a_time", using="gist"
    ),
    ExcludeConstraint(
        ("versions", "&&"),
        where=text("parent_id IS NULL"),
        name="unit_one_root_at_a_time",
        using="gist",
    ),
)
Index("unit_code_idx", unit.c.code)
Index("unit_since_idx", func.lower(unit.c.versions))
Index("unit_until_idx", func.upper(unit.c.versions))
Index("unit_parent_id_idx", unit.c.parent_id)
Index(
    "unit_legal_parent_id_idx",
    unit.c.unit_id,
    postgresql_where=unit.c.legal_parent_id.is_not(None),
)
Index(
    "unit_name_trgm",
    unit.c.name,
    unit.c.pinyin,
    postgresql_using="gin",
    postgresql_ops={"name": "gin_trgm_ops", "pinyin": "gin_trgm_ops"},
)

unit_shape = Table(
    "unit_shape",
    metadata,
    Column("unit_id", Integer, nullable=False, primary_key=True),
    Column("versions", INT4RANGE, nullable=False, primary_key=True),
    _geometry("MULTIPOLYGON"),
    Column("area_m2", Double, nullable=False),
    Column("is_leaf", Boolean, nullable=False),
    Column("source_crs", Text, nullable=False, server_default=text("'EPSG:4326'")),
    CheckConstraint("NOT isempty(versions)", name="versions_not_empty"),
    CheckConstraint("NOT ST_IsEmpty(geom)", name="not_empty"),
    CheckConstraint("area_m2 > 0", name="area_positive"),
    ExcludeConstraint(
        ("unit_id", "="), ("versions", "&&"), name="unit_shape_one_truth_at_a_time", using="gist"
    ),
    _gist("unit_shape"),
)
Index("unit_shape_since_idx", func.lower(unit_shape.c.versions))
Index("unit_shape_until_idx", func.upper(unit_shape.c.versions))

unit_lineage = Table(
    "unit_lineage",
    metadata,
    Column("version", Integer, ForeignKey("map_version.version"), primary_key=True),
    Column("from_unit_id", Integer, primary_key=True),
    Column("to_unit_id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("area_share", Double, nullable=False),
    Column("household_share", Double, nullable=False),
    CheckConstraint("area_share > 0 AND area_share <= 1.000000001", name="area_share_is_a_share"),
    CheckConstraint(
        "household_share >= 0 AND household_share <= 1.000000001",
        name="household_share_is_a_share",
    ),
    Index("unit_lineage_from_unit_id_idx", "from_unit_id"),
)

exclusive_grid = Table(
    "exclusive_grid",
    metadata,
    Column("exclusive_id", Integer, nullable=False, primary_key=True),
    Column("versions", INT4RANGE, nullable=False, primary_key=True),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("pinyin", Text, nullable=False, server_default=text("''")),
    Column("kind", Text, nullable=False),
    _geometry("MULTIPOLYGON"),
    Column("area_m2", Double, nullable=False),
    _synthetic(),
    CheckConstraint("NOT ST_IsEmpty(geom)", name="not_empty"),
    ExcludeConstraint(
        ("exclusive_id", "="),
        ("versions", "&&"),
        name="exclusive_grid_one_truth_at_a_time",
        using="gist",
    ),
    ExcludeConstraint(
        ("code", "="), ("versions", "&&"), name="exclusive_grid_code_once_at_a_time", using="gist"
    ),
    _gist("exclusive_grid"),
)

# --- access/: who calls ------------------------------------------------------------------------

api_key = Table(
    "api_key",
    metadata,
    Column("key_id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),
    Column("key_hash", Text, nullable=False, unique=True),
    _now("created_at"),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    CheckConstraint(
        "role IN ('viewer', 'dispatcher', 'planner', 'analyst', 'operator')", name="known_role"
    ),
)

# --- places/: what stands on the ground --------------------------------------------------------

place = Table(
    "place",
    metadata,
    Column("place_id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("pinyin", Text, nullable=False, server_default=text("''")),
    Column("address", Text, nullable=False, server_default=text("''")),
    Column("kind", Text, nullable=False),
    _geometry("POINT"),
    _synthetic(),
    _gist("place"),
)
Index(
    "place_name_trgm",
    place.c.name,
    place.c.pinyin,
    place.c.address,
    postgresql_using="gin",
    postgresql_ops={
        "name": "gin_trgm_ops",
        "pinyin": "gin_trgm_ops",
        "address": "gin_trgm_ops",
    },
)

building = Table(
    "building",
    metadata,
    Column("building_id", Integer, Identity(always=True), primary_key=True),
    _geometry("POLYGON"),
    Column("entrance", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
    Column("households", SmallInteger, nullable=False),
    _synthetic(),
    CheckConstraint("households BETWEEN 0 AND 40", name="households_of_one_entrance"),
    _gist("building"),
)

line_feature = Table(
    "line_feature",
    metadata,
    Column("line_id", Integer, Identity(always=True), primary_key=True),
    Column("family", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=text("''")),
    _geometry("LINESTRING"),
    _synthetic(),
    CheckConstraint("family IN ('road', 'barrier')", name="known_family"),
    _gist("line_feature"),
)

asset = Table(
    "asset",
    metadata,
    Column("asset_id", Integer, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=text("''")),
    _geometry("GEOMETRY"),
    _synthetic(),
    CheckConstraint("kind IN ('lamp', 'park', 'ponding_point')", name="known_kind"),
    _gist("asset"),
)

asset_state = Table(
    "asset_state",
    metadata,
    Column("singleton", Boolean, primary_key=True, server_default=text("true")),
    Column("state", UUID, nullable=False, server_default=text("gen_random_uuid()")),
    CheckConstraint("singleton", name="one_row"),
    comment="written by triggers alone: another word at each change of asset or line_feature",
)

# --- parties/: who answers for what ------------------------------------------------------------

party = Table(
    "party",
    metadata,
    Column("party_id", Integer, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("contact", Text, nullable=False, server_default=text("''")),
    _synthetic(),
    Column("superior_id", Integer, ForeignKey("party.party_id")),
    CheckConstraint("superior_id IS DISTINCT FROM party_id", name="not_its_own_superior"),
)

party_past = Table(
    "party_past",
    metadata,
    Column("party_id", Integer, ForeignKey("party.party_id"), primary_key=True),
    Column("until_rule_set", Integer, ForeignKey("rule_set.rule_set"), primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("superior_id", Integer, ForeignKey("party.party_id")),
    comment="append-only: what a party was in the rule sets before one",
)

party_attachment = Table(
    "party_attachment",
    metadata,
    Column("attachment_id", Integer, Identity(always=True), primary_key=True),
    _rule_sets(),
    Column("party_id", Integer, ForeignKey("party.party_id"), nullable=False),
    Column("unit_id", Integer),
    Column("exclusive_id", Integer),
    Column("role", Text, nullable=False, server_default=text("'lead'")),
    CheckConstraint("num_nonnulls(unit_id, exclusive_id) = 1", name="one_place"),
    CheckConstraint("role IN ('lead', 'deputy', 'co_handler')", name="known_role"),
    CheckConstraint("NOT isempty(rule_sets)", name="rule_sets_not_empty"),
    Index("party_attachment_unit_id_idx", "unit_id"),
    Index("party_attachment_exclusive_id_idx", "exclusive_id"),
)

shift_calendar = Table(
    "shift_calendar",
    metadata,
    Column("code", Text, primary_key=True),
    _rule_sets(primary_key=True),
    Column("name", Text, nullable=False),
    Column("shifts", JSONB, nullable=False),
    CheckConstraint("NOT isempty(rule_sets)", name="rule_sets_not_empty"),
    ExcludeConstraint(
        ("code", "="), ("rule_sets", "&&"), name="shift_calendar_one_truth_at_a_time", using="gist"
    ),
)

calendar_day = Table(
    "calendar_day",
    metadata,
    Column("day", Date, primary_key=True),
    _rule_sets(primary_key=True),
    Column("kind", Text, nullable=False),
    CheckConstraint("kind IN ('holiday', 'workday')", name="known_kind"),
    CheckConstraint("NOT isempty(rule_sets)", name="rule_sets_not_empty"),
    ExcludeConstraint(
        ("day", "="), ("rule_sets", "&&"), name="calendar_day_one_truth_at_a_time", using="gist"
    ),
)

category_mapping = Table(
    "category_mapping",
    metadata,
    Column("scheme", Text, primary_key=True),
    Column("category", Text, primary_key=True),
    _rule_sets(primary_key=True),
    Column("to_scheme", Text, nullable=False),
    Column("to_category", Text, nullable=False),
    ForeignKeyConstraint(["scheme", "category"], ["event_category.scheme", "event_category.code"]),
    ForeignKeyConstraint(
        ["to_scheme", "to_category"], ["event_category.scheme", "event_category.code"]
    ),
    CheckConstraint("scheme <> to_scheme", name="to_another_scheme"),
    CheckConstraint("NOT isempty(rule_sets)", name="rule_sets_not_empty"),
    ExcludeConstraint(
        ("scheme", "="),
        ("category", "="),
        ("rule_sets", "&&"),
        name="category_mapping_one_truth_at_a_time",
        using="gist",
    ),
)

operating_mode = Table(
    "operating_mode",
    metadata,
    Column("mode", Text, primary_key=True),
    Column("priority", SmallInteger, nullable=False, unique=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
)

mode_revision_seq = Sequence("mode_revision_seq", metadata=metadata)

mode_period = Table(
    "mode_period",
    metadata,
    Column("period_id", Integer, Identity(always=True), primary_key=True),
    Column("mode", Text, ForeignKey("operating_mode.mode"), nullable=False),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True)),
    Column("unit_ids", ARRAY(Integer), nullable=False, server_default=text("'{}'::integer[]")),
    _geometry("MULTIPOLYGON", nullable=True),
    Column("note", Text, nullable=False, server_default=text("''")),
    Column("switched_on_by", Text, nullable=False),
    Column("switched_off_by", Text),
    Column(
        "recorded_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
    ),
    Column("revision", BigInteger, nullable=False),
    CheckConstraint("mode <> 'daily'", name="not_daily"),
    CheckConstraint("geom IS NULL OR unit_ids = '{}'::integer[]", name="one_area"),
    CheckConstraint("ends_at >= starts_at", name="ends_after_it_starts"),
    CheckConstraint("starts_at >= recorded_at", name="not_backdated"),
    comment="never deleted: a period may only be given another end that has not passed",
)

rule_set = Table(
    "rule_set",
    metadata,
    Column("rule_set", Integer, primary_key=True, autoincrement=False),
    Column("valid_from", DateTime(timezone=True), nullable=False, unique=True),
    Column("actor", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=text("''")),
)

responsibility_rule = Table(
    "responsibility_rule",
    metadata,
    Column("rule_id", Integer, Identity(always=True), primary_key=True),
    Column("rule_sets", INT4RANGE, nullable=False),
    Column("scope_unit_id", Integer),
    Column("scope_exclusive_id", Integer),
    Column("category_scheme", Text),
    Column("category", Text),
    Column("role", Text, nullable=False, server_default=text("'lead'")),
    Column("party_id", Integer, ForeignKey("party.party_id")),
    Column("party_kind", Text),
    Column("asset_kind", Text),
    Column("asset_name", Text),
    Column("tolerance_m", Double),
    Column("mode", Text, ForeignKey("operating_mode.mode")),
    Column("shift_calendar", Text),
    Column("shift", Text),
    Column(
        "weekdays", ARRAY(SmallInteger), nullable=False, server_default=text("'{}'::smallint[]")
    ),
    Column("day_kinds", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("valid_from", DateTime(timezone=True)),
    Column("valid_to", DateTime(timezone=True)),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("tree", Text, nullable=False, server_default=text("'administering'")),
    Column("handling", Text, nullable=False, server_default=text("'direct'")),
    Column("reports_to_id", Integer, ForeignKey("party.party_id")),
    Column("reports_to_kind", Text),
    CheckConstraint(
        "num_nonnulls(scope_unit_id, scope_exclusive_id, asset_kind) = 1", name="one_scope"
    ),
    CheckConstraint("role IN ('lead', 'co_handler', 'deputy')", name="known_role"),
    CheckConstraint("(category IS NULL) = (category_scheme IS NULL)", name="category_has_scheme"),
    CheckConstraint("NOT isempty(rule_sets)", name="rule_sets_not_empty"),
    CheckConstraint("num_nonnulls(party_id, party_kind) = 1", name="one_answer"),
    CheckConstraint("num_nonnulls(reports_to_id, reports_to_kind) <= 1", name="one_second"),
    CheckConstraint(
        "(asset_kind IS NULL) = (tolerance_m IS NULL)"
        " AND (asset_name IS NULL OR asset_kind IS NOT NULL)",
        name="asset_has_tolerance",
    ),
    CheckConstraint("tolerance_m >= 0 AND tolerance_m <= 500", name="tolerance_in_reach"),
    CheckConstraint("(shift IS NULL) = (shift_calendar IS NULL)", name="shift_has_calendar"),
    CheckConstraint("weekdays <@ '{1,2,3,4,5,6,7}'::smallint[]", name="known_weekdays"),
    CheckConstraint("day_kinds <@ '{workday,weekend,holiday}'::text[]", name="known_day_kinds"),
    CheckConstraint("valid_to > valid_from", name="valid_for_a_while"),
    CheckConstraint("tree IN ('administering', 'legal')", name="known_tree"),
    CheckConstraint("handling IN ('direct', 'joint', 'escalated')", name="known_handling"),
    Index("responsibility_rule_scope_unit_id_idx", "scope_unit_id"),
    Index("responsibility_rule_scope_exclusive_id_idx", "scope_exclusive_id"),
)

duty_post = Table(
    "duty_post",
    metadata,
    Column("post_id", Integer, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("unit_id", Integer),
    _geometry("POINT"),
    _synthetic(),
    Column("exclusive_id", Integer),
    Column("role", Text, nullable=False, server_default=text("'lead'")),
    Column("contact", Text, nullable=False, server_default=text("''")),
    Column("ref", Text),
    Column("shift_calendar", Text),
    Column("shift", Text),
    Column("valid_from", DateTime(timezone=True)),
    Column("valid_to", DateTime(timezone=True)),
    CheckConstraint("num_nonnulls(unit_id, exclusive_id) = 1", name="one_place"),
    CheckConstraint("role IN ('lead', 'deputy', 'co_handler')", name="known_role"),
    CheckConstraint("(shift IS NULL) = (shift_calendar IS NULL)", name="shift_has_calendar"),
    CheckConstraint("valid_to > valid_from", name="valid_for_a_while"),
    Index("duty_post_unit_id_idx", "unit_id"),
    Index("duty_post_exclusive_id_idx", "exclusive_id"),
)

event_category = Table(
    "event_category",
    metadata,
    Column("scheme", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("parent_code", Text),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
)

channel = Table(
    "channel",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("kind", Text, nullable=False),
)

# --- devices/ ----------------------------------------------------------------------------------

device = Table(
    "device",
    metadata,
    Column("device_id", Integer, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("family", Text, nullable=False),
    _geometry("POINT"),
    Column("unit_id", Integer),
    Column("map_version", Integer, ForeignKey("map_version.version"), nullable=False),
    _synthetic(),
    CheckConstraint("family IN ('video', 'iot', 'mobile')", name="known_family"),
    Index("device_unit_id_idx", "unit_id"),
    _gist("device"),
)

# --- plans/: how the map changes ---------------------------------------------------------------

plan = Table(
    "plan",
    metadata,
    Column("plan_id", Integer, Identity(always=True), primary_key=True),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'draft'")),
    Column("base_version", Integer, ForeignKey("map_version.version"), nullable=False),
    Column("published_version", Integer, ForeignKey("map_version.version"), unique=True),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("document_no", Text),
    Column("created_by", Text, nullable=False),
    _now("created_at"),
    _now("updated_at"),
    Column("at_seq", Integer, nullable=False, server_default=text("0")),
    Column("publish_at", DateTime(timezone=True)),
    Column("publish_as", Text),
    CheckConstraint(
        "state IN ('draft', 'submitted', 'approved', 'published', 'withdrawn')",
        name="known_state",
    ),
    CheckConstraint(
        "(state = 'published') = (published_version IS NOT NULL)", name="published_has_a_version"
    ),
    CheckConstraint("(publish_at IS NULL) = (publish_as IS NULL)", name="scheduled_by_somebody"),
    CheckConstraint("publish_at IS NULL OR state = 'approved'", name="scheduled_is_approved"),
    Index("plan_publish_at_idx", "publish_at", postgresql_where=text("publish_at IS NOT NULL")),
)

plan_edit = Table(
    "plan_edit",
    metadata,
    Column("plan_id", Integer, ForeignKey("plan.plan_id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("params", JSONB, nullable=False),
    Column("actor", Text, nullable=False),
    _now("created_at"),
    Column("after_seq", Integer, nullable=False),
    Column("codes", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    CheckConstraint("after_seq >= 0 AND after_seq < seq", name="follows_an_earlier_one"),
)

plan_step = Table(
    "plan_step",
    metadata,
    Column("plan_id", Integer, ForeignKey("plan.plan_id"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("step", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column(
        "taken_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
    ),
    CheckConstraint(
        "step IN ('undo', 'redo', 'rebase', 'submit', 'approve', 'reject', 'withdraw', "
        "'schedule', 'publish', 'fail')",
        name="known_step",
    ),
    comment="append-only: who took which step of a plan, when and why",
)

plan_lock = Table(
    "plan_lock",
    metadata,
    Column("lock_id", Integer, Identity(always=True), primary_key=True),
    Column("unit_id", Integer, nullable=False),
    Column("plan_id", Integer, ForeignKey("plan.plan_id"), nullable=False),
    Column("actor", Text, nullable=False),
    Column("only_actor", Boolean, nullable=False, server_default=text("false")),
    _now("taken_at"),
    Column("released_at", DateTime(timezone=True)),
    Index(
        "plan_lock_held_once",
        "unit_id",
        unique=True,
        postgresql_where=text("released_at IS NULL"),
    ),
)

plan_comment = Table(
    "plan_comment",
    metadata,
    Column("comment_id", Integer, Identity(always=True), primary_key=True),
    Column("plan_id", Integer, ForeignKey("plan.plan_id"), nullable=False),
    Column("actor", Text, nullable=False),
    Column("text", Text, nullable=False),
    _geometry("POINT", nullable=True),
    Column("unit_code", Text),
    _now("created_at"),
    CheckConstraint("length(text) BETWEEN 1 AND 4000", name="says_something"),
    Index("plan_comment_plan_id_idx", "plan_id"),
    comment="append-only: what was said about a plan; phone and identity numbers are masked",
)

# --- events/ -----------------------------------------------------------------------------------

event = Table(
    "event",
    metadata,
    Column("event_id", BigInteger, nullable=False, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False, primary_key=True),
    Column("channel", Text, ForeignKey("channel.channel"), nullable=False),
    Column("external_id", Text, nullable=False),
    Column("category_scheme", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("description", Text, nullable=False, server_default=text("''")),
    Column("state", Text, nullable=False, server_default=text("'reported'")),
    _geometry("POINT"),
    Column("accuracy_m", Double, nullable=False, server_default=text("0")),
    Column("unit_id", Integer),
    Column("map_version", Integer, ForeignKey("map_version.version"), nullable=False),
    Column("content_hash", Text, nullable=False),
    _synthetic(),
    ForeignKeyConstraint(
        ["category_scheme", "category"], ["event_category.scheme", "event_category.code"]
    ),
    CheckConstraint("accuracy_m >= 0", name="accuracy_not_negative"),
    Index("event_unit_id_idx", "unit_id"),
    Index("event_received_at_idx", "received_at"),
    _gist("event"),
    Index(
        "event_open_gist",
        "geom",
        postgresql_using="gist",
        postgresql_where=text(
            "state <> ALL ('{cancelled,closed,merged,rejected,revisited}'::text[])"
        ),
    ),
    postgresql_partition_by="RANGE (received_at)",
)

event_key = Table(
    "event_key",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("event_id", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("received_at", DateTime(timezone=True), nullable=False),
)

event_assignment = Table(
    "event_assignment",
    metadata,
    Column("event_id", BigInteger, ForeignKey("event_key.event_id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("cause", Text, nullable=False),
    Column("map_version", Integer, ForeignKey("map_version.version"), nullable=False),
    Column("rule_set", Integer, ForeignKey("rule_set.rule_set"), nullable=False),
    Column("unit_id", Integer),
    Column("chain", ARRAY(Integer), nullable=False),
    Column("exclusive_ids", ARRAY(Integer), nullable=False),
    Column("border_m", Double),
    Column("party_id", Integer, ForeignKey("party.party_id"), nullable=False),
    Column("rule_id", Integer, ForeignKey("responsibility_rule.rule_id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("handling", Text, nullable=False, server_default=text("'direct'")),
    Column("mode", Text),
    Column("beside", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    CheckConstraint("cause IN ('intake', 'publication')", name="known_cause"),
    comment="append-only: what was answered, when, by which map and rules",
)
