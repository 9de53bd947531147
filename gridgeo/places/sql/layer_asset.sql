-- Lamps, parks and ponding points near a box (`reach`, EWKB in degrees). Index: asset_geom_gist.
SELECT asset_id AS id, geom, kind, name, synthetic
FROM asset
WHERE geom && ST_GeomFromEWKB(%(reach)s)
  AND kind = ANY(%(kinds)s) AND (kind <> 'lamp' OR %(z)s >= 16)
ORDER BY asset_id
