-- Ids of units of the live map near a box (`reach`, EWKB in degrees). No order.
-- Index: unit_shape_geom_gist.
SELECT unit_id FROM unit_shape
WHERE geom && ST_GeomFromEWKB(%(reach)s) AND upper_inf(versions)
