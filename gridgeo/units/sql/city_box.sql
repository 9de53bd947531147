-- West, south, east, north of the city at a version, in degrees. Index: unit_shape_pkey.
SELECT ST_XMin(s.geom), ST_YMin(s.geom), ST_XMax(s.geom), ST_YMax(s.geom)
FROM unit u
JOIN unit_shape s ON s.unit_id = u.unit_id AND s.versions @> %(version)s::int
WHERE u.parent_id IS NULL AND u.versions @> %(version)s::int
