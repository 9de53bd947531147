-- Stored area in square metres of every unit of a version, by code; no order. Index: unit_pkey.
SELECT u.code, s.area_m2
FROM unit u JOIN unit_shape s ON s.unit_id = u.unit_id AND s.versions @> %(version)s::int
WHERE u.versions @> %(version)s::int
