-- All units of a version: id, code, level, name, parent, leaf or not, area, households.
-- No order.
SELECT u.unit_id, u.code, u.level, u.name, u.parent_id, u.is_leaf, s.area_m2, u.households
FROM unit u
JOIN unit_shape s ON s.unit_id = u.unit_id AND s.versions @> %(version)s::int
WHERE u.versions @> %(version)s::int
