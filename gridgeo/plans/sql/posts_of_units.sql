-- Duty posts of some units at a version: lon, lat, and the code of the unit. Indexes:
-- unit_code_idx, duty_post_unit_id_idx.
SELECT ST_X(d.geom), ST_Y(d.geom), u.code
FROM unit u
JOIN duty_post d USING (unit_id)
WHERE u.code = ANY(%(codes)s) AND u.versions @> %(version)s::int
ORDER BY d.code COLLATE "C"
