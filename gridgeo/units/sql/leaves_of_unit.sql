-- The leaves of a unit at a version (of a leaf itself), with area and households.
-- Indexes: unit_code_idx, unit_parent_id_idx.
WITH RECURSIVE below AS (
    SELECT unit_id, is_leaf, households FROM unit
    WHERE code = %(code)s AND versions @> %(version)s::int
    UNION ALL
    SELECT u.unit_id, u.is_leaf, u.households FROM below b
    JOIN unit u ON u.parent_id = b.unit_id AND u.versions @> %(version)s::int
)
SELECT b.unit_id, s.area_m2, b.households FROM below b
JOIN unit_shape s ON s.unit_id = b.unit_id AND s.versions @> %(version)s::int
WHERE b.is_leaf
