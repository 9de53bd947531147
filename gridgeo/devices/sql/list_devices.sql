-- Devices of a unit and all below it at a version, in code order after a code.
-- Indexes: unit_parent_id_idx, device_unit_id_idx.
WITH RECURSIVE below AS (
    SELECT unit_id FROM unit WHERE code = %(unit)s AND versions @> %(version)s::int
    UNION ALL
    SELECT u.unit_id FROM below b
    JOIN unit u ON u.parent_id = b.unit_id AND u.versions @> %(version)s::int
)
SELECT d.code, d.kind, d.family, ST_X(d.geom) AS lon, ST_Y(d.geom) AS lat,
       u.code AS unit_code, d.map_version, d.synthetic
FROM device d
LEFT JOIN unit u ON u.unit_id = d.unit_id AND u.versions @> %(version)s::int
WHERE (%(unit)s::text IS NULL OR d.unit_id IN (SELECT unit_id FROM below))
  AND (%(after)s::text IS NULL OR d.code > %(after)s COLLATE "C")
ORDER BY d.code COLLATE "C"
LIMIT %(limit)s
