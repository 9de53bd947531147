-- Open events near a box (`reach`, EWKB in degrees): one by one from zoom `single_from` on, further out
-- by cells of 1/8 of a tile, each counted whole wherever it meets the box. No text, time or channel.
-- Rows: a cell of one event says what it says; else `cluster`, its count, and as id
-- 2^40 + 4^d + row * 2^d + column, where 2^d cells lie side by side around the world. Sensitive.
-- Index: event_open_gist, if the states `closed` are those it leaves out, and so only if the statement
-- is planned for them (`prepare=False`).
WITH RECURSIVE met AS (
    SELECT d, floor((ST_XMin(reach) / 360 + 0.5) * 2 ^ d)::bigint AS west,
           floor((ST_XMax(reach) / 360 + 0.5) * 2 ^ d)::bigint AS east,
           floor((0.5 - asinh(tan(radians(ST_YMax(reach)))) / (2 * pi())) * 2 ^ d)::bigint AS north,
           floor((0.5 - asinh(tan(radians(ST_YMin(reach)))) / (2 * pi())) * 2 ^ d)::bigint AS south
    FROM (VALUES (least(%(z)s::int, %(single_from)s::int - 1) + 3,
                  ST_GeomFromEWKB(%(reach)s))) AS tile (d, reach)
),
found AS MATERIALIZED (
    SELECT floor((ST_X(geom) / 360 + 0.5)
                 * 2 ^ (least(%(z)s::int, %(single_from)s::int - 1) + 3))::bigint AS i,
           floor((0.5 - asinh(tan(radians(ST_Y(geom)))) / (2 * pi()))
                 * 2 ^ (least(%(z)s::int, %(single_from)s::int - 1) + 3))::bigint AS j,
           min(event_id) AS event_id, min(received_at) AS received_at, count(*)::int AS n,
           sum((ST_X(geom) * 1e7)::int) AS x, sum((ST_Y(geom) * 1e7)::int) AS y
    FROM event
    WHERE state <> ALL(%(closed)s::text[])
      AND geom && ST_Expand(
              ST_GeomFromEWKB(%(reach)s),
              360 / 2 ^ (least(%(z)s::int, %(single_from)s::int - 1) + 3))
    GROUP BY 1, 2, CASE WHEN %(z)s::int >= %(single_from)s::int THEN event_id END
),
counted AS (
    SELECT found.*, (x / n / 1e7)::float8 AS lon, (y / n / 1e7)::float8 AS lat, d
    FROM found
    JOIN met ON i BETWEEN west AND east AND j BETWEEN north AND south
),
class AS (
    SELECT scheme, code, code AS class FROM event_category WHERE parent_code IS NULL
    UNION ALL
    SELECT below.scheme, below.code, class.class
    FROM class
    JOIN event_category AS below ON below.scheme = class.scheme AND below.parent_code = class.code
)
SELECT (1::bigint << 40) + (1::bigint << 2 * d) + (j << d) + i AS id,
       ST_Point(lon, lat, 4326) AS geom, NULL AS state, NULL AS scheme, NULL AS class,
       true AS cluster, n AS count
FROM counted
WHERE n > 1
UNION ALL
SELECT event_id, geom, state, category_scheme, class, NULL, NULL
FROM counted
JOIN event USING (event_id, received_at)
LEFT JOIN class ON scheme = category_scheme AND code = category
WHERE n = 1
ORDER BY id
