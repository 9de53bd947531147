-- The cover at a level near a box (`reach`, EWKB in degrees): its units and the leaves above it.
-- Index: unit_shape_geom_gist.
SELECT u.unit_id AS id, s.geom, u.code, u.level, u.name, p.code AS parent_code, u.is_leaf AS leaf,
       u.households, u.synthetic
FROM unit_shape s
JOIN unit u ON u.unit_id = s.unit_id AND u.versions @> %(version)s::int
JOIN unit_level v ON v.level = u.level
LEFT JOIN unit p ON p.unit_id = u.parent_id AND p.versions @> %(version)s::int
WHERE s.geom && ST_GeomFromEWKB(%(reach)s) AND s.versions @> %(version)s::int
  AND (u.level = %(level)s
       OR (u.is_leaf AND v.depth < (SELECT depth FROM unit_level WHERE level = %(level)s)))
ORDER BY u.unit_id
