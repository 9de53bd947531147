-- Open events near a box (`reach`, EWKB in degrees): one by one from zoom `single_from` on, further out
-- by cells of 1/8 of a tile, each counted whole wherever it meets the box. No text, time or channel.
-- Rows: a cell of one event says what it says; else `cluster`, its count, and as id `cluster_id`.
-- Sensitive.
-- Index: event_open_gist, if the states `closed` are those it leaves out, and so only if the statement
-- is planned for them (`prepare=False`).
WITH RECURSIVE met AS (
    SELECT d, cluster_column(ST_XMin(reach), d) AS west, cluster_column(ST_XMax(reach), d) AS east,
           cluster_row(ST_YMax(reach), d) AS north, cluster_row(ST_YMin(reach), d) AS south
    FROM (VALUES (cluster_depth(%(z)s, %(single_from)s),
                  ST_GeomFromEWKB(%(reach)s))) AS tile (d, reach)
),
found AS MATERIALIZED (
    SELECT cluster_column(ST_X(geom), cluster_depth(%(z)s, %(single_from)s)) AS i,
           cluster_row(ST_Y(geom), cluster_depth(%(z)s, %(single_from)s)) AS j,
           min(event_id) AS event_id, min(received_at) AS received_at, count(*)::int AS n,
           sum((ST_X(geom) * 1e7)::int) AS x, sum((ST_Y(geom) * 1e7)::int) AS y
    FROM event
    WHERE state <> ALL(%(closed)s::text[])
      AND geom && ST_Expand(
              ST_GeomFromEWKB(%(reach)s),
              360 / 2 ^ cluster_depth(%(z)s, %(single_from)s))
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
SELECT cluster_id(d, i, j) AS id,
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
