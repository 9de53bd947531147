-- Units that share a border line with a unit, in the cover at its level, with metres of shared
-- border; in code order. Index: unit_shape_geom_gist.
SELECT n.code, n.level, n.name,
       ST_Length(ST_CollectionExtract(ST_Intersection(s.geom, o.geom), 2)::geography)
           AS shared_border_m
FROM unit u
JOIN unit_level v ON v.level = u.level
JOIN unit_shape s ON s.unit_id = u.unit_id AND s.versions @> %(version)s::int
JOIN unit_shape o ON o.geom && s.geom AND o.versions @> %(version)s::int
JOIN unit n ON n.unit_id = o.unit_id AND n.versions @> %(version)s::int
JOIN unit_level w ON w.level = n.level
WHERE u.code = %(code)s AND u.versions @> %(version)s::int
  AND n.unit_id <> u.unit_id
  AND (n.level = u.level OR (n.is_leaf AND w.depth < v.depth) OR (u.is_leaf AND n.is_leaf))
  AND ST_Dimension(ST_Intersection(s.geom, o.geom)) = 1
ORDER BY n.code COLLATE "C"
