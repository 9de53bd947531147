-- Leaves, or the units of a level, whose box meets a box (degrees), at a version; the nearest to a
-- point by degrees first, which is not their order by metres. Index: unit_shape_geom_gist.
SELECT u.code, u.level, u.name, ST_AsBinary(s.geom) AS shape
FROM unit_shape s
JOIN unit u ON u.unit_id = s.unit_id AND u.versions @> %(version)s::int
WHERE s.versions @> %(version)s::int
  AND s.geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
  AND CASE WHEN %(level)s::text IS NULL THEN u.is_leaf ELSE u.level = %(level)s END
ORDER BY s.geom <-> ST_Point(%(lon)s, %(lat)s, 4326)
LIMIT %(limit)s
