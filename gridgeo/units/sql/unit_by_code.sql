-- One unit at a version, with its numbers and its shape as GeoJSON. Index: unit_code_idx.
SELECT u.unit_id, u.code, u.level, u.name, p.code AS parent_code, l.code AS legal_parent_code,
       u.is_leaf, u.households, s.area_m2, u.synthetic,
       ARRAY[ST_XMin(s.geom), ST_YMin(s.geom), ST_XMax(s.geom), ST_YMax(s.geom)] AS bbox,
       ST_AsGeoJSON(s.geom, 7)::json AS geometry
FROM unit u
JOIN unit_shape s ON s.unit_id = u.unit_id AND s.versions @> %(version)s::int
LEFT JOIN unit p ON p.unit_id = u.parent_id AND p.versions @> %(version)s::int
LEFT JOIN unit l ON l.unit_id = u.legal_parent_id AND l.versions @> %(version)s::int
WHERE u.code = %(code)s AND u.versions @> %(version)s::int
