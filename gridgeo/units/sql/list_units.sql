-- Units at a version by level, parent, box or text, in code order after a code, with GeoJSON.
-- With `cover`, a level also holds the leaves above it. Indexes: unit_shape_geom_gist,
-- unit_parent_id_idx, unit_name_trgm.
SELECT u.unit_id, u.code, u.level, u.name, p.code AS parent_code, l.code AS legal_parent_code,
       u.is_leaf, u.households, s.area_m2, u.synthetic,
       ARRAY[ST_XMin(s.geom), ST_YMin(s.geom), ST_XMax(s.geom), ST_YMax(s.geom)] AS bbox,
       ST_AsGeoJSON(s.geom, 7)::json AS geometry
FROM unit u
JOIN unit_level v ON v.level = u.level
JOIN unit_shape s ON s.unit_id = u.unit_id AND s.versions @> %(version)s::int
LEFT JOIN unit p ON p.unit_id = u.parent_id AND p.versions @> %(version)s::int
LEFT JOIN unit l ON l.unit_id = u.legal_parent_id AND l.versions @> %(version)s::int
WHERE u.versions @> %(version)s::int
  AND (%(level)s::text IS NULL OR u.level = %(level)s
       OR (%(cover)s AND u.is_leaf
           AND v.depth < (SELECT depth FROM unit_level WHERE level = %(level)s)))
  AND (%(parent)s::text IS NULL OR p.code = %(parent)s)
  AND (%(bbox)s::float8[] IS NULL
       OR s.geom && ST_MakeEnvelope((%(bbox)s::float8[])[1], (%(bbox)s::float8[])[2],
                                    (%(bbox)s::float8[])[3], (%(bbox)s::float8[])[4], 4326))
  AND (%(q)s::text IS NULL OR strpos(u.name, %(q)s) > 0 OR starts_with(u.code, %(q)s))
  AND (%(after)s::text IS NULL OR u.code > %(after)s COLLATE "C")
ORDER BY u.code COLLATE "C"
LIMIT %(limit)s
