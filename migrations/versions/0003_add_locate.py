"""Let SQL say whose a point is: `locate`, `locate_many`, and the exact test that decides them.

What a covering leaf is follows the doubles as they are stored: a float determinant with Shewchuk's
error bound, and whole numbers where its sign is in doubt, as in `gridgeo/geometry/predicates.py`.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A double is m * 2^e; times 2^1074 every one of them is whole. float8::numeric would round it.
WHOLE_NUMBER = """
CREATE FUNCTION whole_number(value double precision) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT sign(value)::numeric * power(2::numeric, greatest(exponent, 1) - 1)
         * ((bits & 4503599627370495) + CASE WHEN exponent > 0 THEN 4503599627370496 ELSE 0 END)
    FROM (SELECT bits, (bits >> 52) & 2047 AS exponent
          FROM (SELECT ('x' || encode(float8send(value), 'hex'))::bit(64)::bigint AS bits) given
         ) parts
$$
"""

SIDE_OF_LINE = """
CREATE FUNCTION side_of_line(
    ax double precision, ay double precision, bx double precision, by double precision,
    px double precision, py double precision
) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    dax double precision := ax - px;
    day double precision := ay - py;
    dbx double precision := bx - px;
    dby double precision := by - py;
    left_sign double precision := sign(dax) * sign(dby);
    right_sign double precision := sign(day) * sign(dbx);
    left_product double precision;
    right_product double precision;
BEGIN
    IF left_sign * right_sign <= 0 THEN
        RETURN sign(left_sign - right_sign);
    END IF;
    IF least(abs(dax), abs(day), abs(dbx), abs(dby)) > 1e-100 THEN
        left_product := dax * dby;
        right_product := day * dbx;
        -- 3.4e-16 > (3 + 16 * 2^-53) * 2^-53, the bound of Shewchuk's orient2d
        IF abs(left_product - right_product)
           > 3.4e-16 * (abs(left_product) + abs(right_product)) THEN
            RETURN sign(left_product - right_product);
        END IF;
    END IF;
    RETURN sign(
        (whole_number(ax) - whole_number(px)) * (whole_number(by) - whole_number(py))
        - (whole_number(ay) - whole_number(py)) * (whole_number(bx) - whole_number(px)));
END $$
"""

COVERS_BY_EDGES = """
CREATE FUNCTION covers_by_edges(shape geometry, lon double precision, lat double precision)
RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(bool_or(side = 0 AND lon BETWEEN least(ax, bx) AND greatest(ax, bx)), false)
        OR count(*) FILTER (WHERE (ay <= lat AND lat < by AND side > 0)
                               OR (by <= lat AND lat < ay AND side < 0)) % 2 = 1
    FROM (
        SELECT ax, ay, bx, by, side_of_line(ax, ay, bx, by, lon, lat) AS side
        FROM (
            SELECT ST_X(ST_StartPoint(geom)) AS ax, ST_Y(ST_StartPoint(geom)) AS ay,
                   ST_X(ST_EndPoint(geom)) AS bx, ST_Y(ST_EndPoint(geom)) AS by
            FROM ST_DumpSegments(shape)
            OFFSET 0
        ) edge
        WHERE lat BETWEEN least(ay, by) AND greatest(ay, by)
        OFFSET 0
    ) met
$$
"""

# Beyond 1e-9 degrees (0.1 mm) of every edge PostGIS is right: its error is some 1e-14 degrees.
COVERS_EXACTLY = """
CREATE FUNCTION covers_exactly(shape geometry, lon double precision, lat double precision)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN NOT ST_Intersects(
            shape, ST_MakeEnvelope(lon - 1e-9, lat - 1e-9, lon + 1e-9, lat + 1e-9, 4326))
            THEN false
        WHEN ST_Covers(
            shape, ST_MakeEnvelope(lon - 1e-9, lat - 1e-9, lon + 1e-9, lat + 1e-9, 4326))
            THEN true
        ELSE covers_by_edges(shape, lon, lat)
    END
$$
"""

VERSION_AT = """
CREATE FUNCTION version_at(instant timestamp with time zone) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT max(version) FROM map_version WHERE valid_from <= instant
$$
"""

REQUIRED_VERSION = """
CREATE FUNCTION required_version(at integer) RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    found integer := (SELECT max(version) FROM map_version WHERE at IS NULL OR version = at);
BEGIN
    IF found IS NULL THEN
        RAISE EXCEPTION 'there is no map version %', coalesce(at::text, 'yet')
            USING ERRCODE = 'no_data_found',
                  HINT = 'SELECT version, valid_from FROM map_version lists those there are.';
    END IF;
    RETURN found;
END $$
"""

# OFFSET 0 and the bounds of the ranges keep the one good plan, also before any ANALYZE: boxes by
# unit_shape_geom_gist, units by unit_pkey, the exact test last and lowest code first. A session
# makes it once: planning takes as long as placing ten points.
LOCATE_MANY = """
CREATE FUNCTION locate_many(
    lon double precision[], lat double precision[], at integer DEFAULT NULL
) RETURNS TABLE (
    n integer, unit_id integer, code text, level text, name text, reason text, version integer
) LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
    chosen integer := required_version(at);
BEGIN
    IF cardinality(lon) IS DISTINCT FROM cardinality(lat) THEN
        RAISE EXCEPTION 'lon has % values, lat has %', cardinality(lon), cardinality(lat)
            USING ERRCODE = 'array_subscript_error';
    END IF;
    RETURN QUERY
    SELECT p.n::integer, leaf.unit_id, leaf.code, leaf.level, leaf.name,
           CASE WHEN leaf.unit_id IS NOT NULL THEN NULL
                WHEN p.point IS NOT NULL THEN 'outside_city'
                ELSE 'not_a_coordinate' END,
           chosen
    FROM (SELECT x, y, given.n,
                 CASE WHEN abs(x) <= 180 AND abs(y) <= 90 THEN ST_Point(x, y, 4326) END AS point
          FROM unnest(lon, lat) WITH ORDINALITY AS given (x, y, n)) p
    LEFT JOIN LATERAL (
        SELECT near.unit_id, near.code, near.level, near.name
        FROM (
            SELECT u.unit_id, u.code, u.level, u.name, s.geom
            FROM (SELECT unit_id, geom FROM unit_shape
                  WHERE is_leaf AND geom && p.point
                    AND lower(versions) <= chosen AND (upper(versions) > chosen) IS NOT FALSE
                  OFFSET 0) s
            CROSS JOIN LATERAL
                 (SELECT * FROM unit
                  WHERE unit_id = s.unit_id
                    AND lower(versions) <= chosen AND (upper(versions) > chosen) IS NOT FALSE
                  OFFSET 0) u
            ORDER BY u.code COLLATE "C"
            OFFSET 0
        ) near
        WHERE covers_exactly(near.geom, p.x, p.y)
        LIMIT 1
    ) leaf ON true
    ORDER BY p.n;
END $$
"""

LOCATE = """
CREATE FUNCTION locate(
    lon double precision, lat double precision, at integer DEFAULT NULL
) RETURNS TABLE (
    unit_id integer, code text, level text, name text, reason text, version integer
) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT unit_id, code, level, name, reason, version
    FROM locate_many(ARRAY[lon], ARRAY[lat], at)
$$
"""

SIGNATURES = (
    "whole_number(double precision)",
    "side_of_line(double precision, double precision, double precision, double precision, "
    "double precision, double precision)",
    "covers_by_edges(geometry, double precision, double precision)",
    "covers_exactly(geometry, double precision, double precision)",
    "version_at(timestamp with time zone)",
    "required_version(integer)",
    "locate_many(double precision[], double precision[], integer)",
    "locate(double precision, double precision, integer)",
)


def upgrade() -> None:
    for function in (
        WHOLE_NUMBER, SIDE_OF_LINE, COVERS_BY_EDGES, COVERS_EXACTLY, VERSION_AT, REQUIRED_VERSION,
        LOCATE_MANY, LOCATE,
    ):  # fmt: skip
        op.execute(function)
    for signature in SIGNATURES:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO gridgeo_app, gridgeo_reader")


def downgrade() -> None:
    for signature in reversed(SIGNATURES):
        op.execute(f"DROP FUNCTION {signature}")
