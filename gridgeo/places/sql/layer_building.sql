-- Building footprints near a box (`reach`, EWKB in degrees). Index: building_geom_gist.
SELECT building_id AS id, geom, households, synthetic
FROM building
WHERE geom && ST_GeomFromEWKB(%(reach)s)
ORDER BY building_id
