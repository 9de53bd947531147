-- Units of a version with what tiles say of them, ascending by id: all of them, or with `before`
-- only those that came or may read otherwise since that version, they or their parent.
-- Index: unit_pkey.
SELECT u.unit_id, u.parent_id, v.depth::int, u.is_leaf,
       u.code, u.level, u.name, p.code, u.is_leaf, u.households, u.synthetic
FROM unit u
JOIN unit_level v ON v.level = u.level
LEFT JOIN unit p ON p.unit_id = u.parent_id AND p.versions @> %(version)s::int
WHERE u.versions @> %(version)s::int
  AND (%(before)s::int IS NULL
       OR NOT u.versions @> %(before)s::int
       OR NOT p.versions @> %(before)s::int)
ORDER BY u.unit_id
