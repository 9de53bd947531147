-- Leaves, or the units of a level, that stand in a relation to a polygon (WKB, degrees) at a
-- version; in code order after a code. Index: unit_shape_geom_gist.
WITH given AS MATERIALIZED (SELECT ST_GeomFromWKB(%(shape)s, 4326) AS geom)
SELECT u.code, u.level, u.name
FROM given g
JOIN unit_shape s ON s.geom && g.geom AND s.versions @> %(version)s::int
JOIN unit u ON u.unit_id = s.unit_id AND u.versions @> %(version)s::int
WHERE CASE WHEN %(level)s::text IS NULL THEN u.is_leaf ELSE u.level = %(level)s END
  AND (%(after)s::text IS NULL OR u.code > %(after)s COLLATE "C")
  AND CASE %(relation)s
      WHEN 'touches' THEN ST_Touches(s.geom, g.geom)
      WHEN 'overlaps' THEN ST_Overlaps(s.geom, g.geom)
      WHEN 'covers' THEN ST_Covers(s.geom, g.geom)
      WHEN 'within' THEN ST_CoveredBy(s.geom, g.geom)
      WHEN 'intersects' THEN ST_Intersects(s.geom, g.geom)
      END
ORDER BY u.code COLLATE "C"
LIMIT %(limit)s
