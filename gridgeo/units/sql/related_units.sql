-- Leaves, or the units of a level, that may stand in a relation to a polygon (WKB, degrees) at a
-- version; in code order after a code. One whose box (wider by 1e-9 degrees, far more than any
-- rounding) meets the border of the polygon comes with its `shape`, as WKB, for an exact test, if
-- the one box can hold the other as it has to; any other unit lies inside or outside as its box does,
-- and comes only if it stands in the relation.
-- Index: unit_shape_geom_gist.
WITH given AS MATERIALIZED (
    SELECT geom, ST_Boundary(geom) AS edge
    FROM ST_GeomFromWKB(%(shape)s, 4326) AS polygon (geom)
)
SELECT u.code, u.level, u.name, CASE WHEN is_near THEN ST_AsBinary(s.geom) END AS shape
FROM given g
JOIN unit_shape s ON s.geom && g.geom AND s.versions @> %(version)s::int
JOIN unit u ON u.unit_id = s.unit_id AND u.versions @> %(version)s::int
CROSS JOIN LATERAL ST_Expand(s.geom, 1e-9) AS box
CROSS JOIN LATERAL ST_Intersects(g.edge, box) AS is_near
WHERE CASE WHEN %(level)s::text IS NULL THEN u.is_leaf ELSE u.level = %(level)s END
  AND (%(after)s::text IS NULL OR u.code > %(after)s COLLATE "C")
  AND CASE %(relation)s WHEN 'covers' THEN s.geom ~ g.geom WHEN 'within' THEN s.geom @ g.geom
           ELSE true END
  AND (is_near OR (%(relation)s IN ('within', 'intersects') AND ST_Intersects(g.geom, box)))
ORDER BY u.code COLLATE "C"
