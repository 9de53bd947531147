-- Named places near a box (`reach`, EWKB in degrees). Index: place_geom_gist.
SELECT place_id AS id, geom, name, kind, synthetic
FROM place
WHERE geom && ST_GeomFromEWKB(%(reach)s)
ORDER BY place_id
