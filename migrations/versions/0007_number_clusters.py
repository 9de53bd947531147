"""Let SQL number the squares of a tile in which points are counted together.

2^depth of them lie side by side around the world in Web Mercator, columns from the west, rows from
the north. The planner puts these functions in place of their calls, so they cost what they say.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A square is 1/8 of a tile of the zoom; from `single_from` on they stay those of the zoom before.
CLUSTER_DEPTH = """
CREATE FUNCTION cluster_depth(zoom integer, single_from integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT least(zoom, single_from - 1) + 3
$$
"""

CLUSTER_COLUMN = """
CREATE FUNCTION cluster_column(lon double precision, depth integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor((lon / 360 + 0.5) * 2 ^ depth)::bigint
$$
"""

CLUSTER_ROW = """
CREATE FUNCTION cluster_row(lat double precision, depth integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor((0.5 - asinh(tan(radians(lat))) / (2 * pi())) * 2 ^ depth)::bigint
$$
"""

# Above 2^40 no unit, device or event has its number; 4^depth keeps the depths apart.
CLUSTER_ID = """
CREATE FUNCTION cluster_id(depth integer, col bigint, line bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (1::bigint << 40) + (1::bigint << 2 * depth) + (line << depth) + col
$$
"""

SIGNATURES = (
    "cluster_depth(integer, integer)",
    "cluster_column(double precision, integer)",
    "cluster_row(double precision, integer)",
    "cluster_id(integer, bigint, bigint)",
)


def upgrade() -> None:
    for function in (CLUSTER_DEPTH, CLUSTER_COLUMN, CLUSTER_ROW, CLUSTER_ID):
        op.execute(function)
    for signature in SIGNATURES:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO gridgeo_app, gridgeo_reader")


def downgrade() -> None:
    for signature in reversed(SIGNATURES):
        op.execute(f"DROP FUNCTION {signature}")
