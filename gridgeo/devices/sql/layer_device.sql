-- Devices near a box (`reach`, EWKB in degrees): one by one from zoom `single_from` on, further out by
-- cells of 1/8 of a tile, each counted whole wherever it meets the box. Kinds `counted_only` stay in
-- cells at every zoom, and where they stand moves none. Sensitive.
-- Rows: a cell of one device that may be shown says what it says; else `cluster`, its counts, and as id
-- `cluster_id`.
-- Index: device_geom_gist, from zoom 11 on; a tile further out holds a good part of the city. Plan it
-- anew each time (`prepare=False`): what is best depends on zoom and box.
WITH met AS (
    SELECT d, cluster_column(ST_XMin(reach), d) AS west, cluster_column(ST_XMax(reach), d) AS east,
           cluster_row(ST_YMax(reach), d) AS north, cluster_row(ST_YMin(reach), d) AS south
    FROM (VALUES (cluster_depth(%(z)s, %(single_from)s),
                  ST_GeomFromEWKB(%(reach)s))) AS tile (d, reach)
),
kinds AS MATERIALIZED (
    SELECT cluster_column(ST_X(geom), cluster_depth(%(z)s, %(single_from)s)) AS i,
           cluster_row(ST_Y(geom), cluster_depth(%(z)s, %(single_from)s)) AS j,
           kind, family, min(device_id) AS device_id, count(*) AS n,
           sum((ST_X(geom) * 1e7)::int) AS x, sum((ST_Y(geom) * 1e7)::int) AS y
    FROM device
    WHERE (%(z)s::int < 11 OR geom && ST_Expand(
               ST_GeomFromEWKB(%(reach)s),
               360 / 2 ^ cluster_depth(%(z)s, %(single_from)s)))
      AND (%(z)s::int < %(single_from)s::int OR kind = ANY(%(counted_only)s::text[]))
    GROUP BY 1, 2, 3, 4
),
cells AS (
    SELECT i, j, min(d) AS d, min(device_id) AS device_id, sum(n)::int AS n,
           bool_and(shown) AS shown,
           coalesce(sum(n) FILTER (WHERE family = 'video'), 0)::int AS video,
           coalesce(sum(n) FILTER (WHERE family = 'iot'), 0)::int AS iot,
           coalesce(sum(n) FILTER (WHERE family = 'mobile'), 0)::int AS mobile,
           (sum(x) FILTER (WHERE shown) / sum(n) FILTER (WHERE shown) / 1e7)::float8 AS lon,
           (sum(y) FILTER (WHERE shown) / sum(n) FILTER (WHERE shown) / 1e7)::float8 AS lat
    FROM (SELECT *, kind <> ALL(%(counted_only)s::text[]) AS shown FROM kinds) AS k
    JOIN met ON i BETWEEN west AND east AND j BETWEEN north AND south
    GROUP BY i, j
),
clusters AS (
    SELECT cluster_id(d, i, j) AS id,
           ST_Point(coalesce(lon, ((i + 0.5) / 2 ^ d - 0.5) * 360),
                    coalesce(lat, degrees(atan(sinh(pi() * (1 - 2 * (j + 0.5) / 2 ^ d))))),
                    4326) AS geom,
           n, video, iot, mobile
    FROM cells
    WHERE n > 1 OR NOT shown
),
singles AS (
    SELECT device_id FROM cells WHERE n = 1 AND shown
    UNION ALL
    SELECT device_id FROM device
    WHERE %(z)s::int >= %(single_from)s::int AND geom && ST_GeomFromEWKB(%(reach)s)
      AND kind <> ALL(%(counted_only)s::text[])
)
SELECT id, geom, NULL AS code, NULL AS kind, NULL AS family, NULL::boolean AS synthetic,
       true AS cluster, n AS count, video, iot, mobile
FROM clusters
UNION ALL
SELECT device_id, geom, code, kind, family, synthetic, NULL, NULL, NULL, NULL, NULL
FROM singles
JOIN device USING (device_id)
ORDER BY id
