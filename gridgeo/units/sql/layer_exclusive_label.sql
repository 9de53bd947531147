-- One label point for each exclusive grid near a box (`reach`, EWKB in degrees): the middle of the
-- largest circle within it, in Mercator. Index: exclusive_grid_geom_gist.
SELECT exclusive_id AS id, ST_Transform(circle.center, 4326) AS geom, code, name, kind
FROM exclusive_grid
CROSS JOIN LATERAL ST_MaximumInscribedCircle(ST_Transform(geom, 3857)) AS circle
WHERE geom && ST_GeomFromEWKB(%(reach)s) AND versions @> %(version)s::int
ORDER BY exclusive_id
