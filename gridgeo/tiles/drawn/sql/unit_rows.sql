-- Units of a version with what tiles say of them, ascending by id: all of them, or with `before`
-- only those that are not there, or may read otherwise, in that other version, they or their parent.
-- Indexes: unit_since_idx, unit_until_idx, unit_parent_id_idx, unit_pkey.
WITH came AS (
    SELECT unit_id FROM unit
    WHERE (lower(versions) > least(coalesce(%(before)s::int, 0), %(version)s::int)
           OR upper(versions) > least(coalesce(%(before)s::int, 0), %(version)s::int))
      AND versions @> %(version)s::int
      AND (%(before)s::int IS NULL OR NOT versions @> %(before)s::int)
), meant AS (
    SELECT unit_id FROM came
    UNION
    SELECT u.unit_id FROM came JOIN unit u ON u.parent_id = came.unit_id
    WHERE u.versions @> %(version)s::int
)
SELECT u.unit_id, u.parent_id, v.depth::int, u.is_leaf,
       u.code, u.level, u.name, p.code, u.is_leaf, u.households, u.synthetic
FROM meant
JOIN unit u USING (unit_id)
JOIN unit_level v ON v.level = u.level
LEFT JOIN unit p ON p.unit_id = u.parent_id AND p.versions @> %(version)s::int
WHERE u.versions @> %(version)s::int
ORDER BY u.unit_id
