-- Duty posts of some units at a version: lon, lat, and the code of the unit. Materialized as in
-- ids_of_children.sql. Indexes: unit_code_idx, duty_post_unit_id_idx.
WITH named AS MATERIALIZED (SELECT unit_id, code, versions FROM unit WHERE code = ANY(%(codes)s))
SELECT ST_X(d.geom), ST_Y(d.geom), u.code
FROM named u
JOIN duty_post d USING (unit_id)
WHERE u.versions @> %(version)s::int
ORDER BY d.code COLLATE "C"
