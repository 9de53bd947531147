-- Roads or barriers near a box (`reach`, EWKB in degrees). Index: line_feature_geom_gist.
SELECT line_id AS id, geom, kind, name, synthetic
FROM line_feature
WHERE geom && ST_GeomFromEWKB(%(reach)s) AND family = %(family)s
  AND (%(z)s >= 14 OR kind NOT IN ('lane', 'wall', 'street'))
ORDER BY line_id
