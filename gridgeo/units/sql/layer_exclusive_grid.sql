-- Exclusive grids near a box (`reach`, EWKB in degrees). Index: exclusive_grid_geom_gist.
SELECT exclusive_id AS id, geom, code, name, kind, synthetic
FROM exclusive_grid
WHERE geom && ST_GeomFromEWKB(%(reach)s) AND versions @> %(version)s::int
ORDER BY exclusive_id
