-- Units with their shapes at a version, by ids; no order. Indexes: unit_pkey, unit_shape_pkey.
SELECT u.unit_id, u.code, u.level, u.name, p.code AS parent_code, ST_AsBinary(s.geom) AS shape,
       u.is_leaf, u.households, l.code AS legal_parent_code, u.synthetic
FROM unit u
JOIN unit_shape s ON s.unit_id = u.unit_id AND s.versions @> %(version)s::int
LEFT JOIN unit p ON p.unit_id = u.parent_id AND p.versions @> %(version)s::int
LEFT JOIN unit l ON l.unit_id = u.legal_parent_id AND l.versions @> %(version)s::int
WHERE u.versions @> %(version)s::int AND u.unit_id = ANY(%(unit_ids)s)
