-- For each leaf the unit of a level above it at a version; the leaf itself where none stands there.
-- Index: unit_pkey.
WITH RECURSIVE climbed AS (
    SELECT unit_id AS leaf_id, unit_id, parent_id, code, level, name FROM unit
    WHERE unit_id = ANY(%(unit_ids)s) AND versions @> %(version)s::int
    UNION ALL
    SELECT c.leaf_id, u.unit_id, u.parent_id, u.code, u.level, u.name FROM climbed c
    JOIN unit u ON u.unit_id = c.parent_id AND u.versions @> %(version)s::int
    WHERE c.level <> %(level)s
)
SELECT DISTINCT ON (leaf_id) leaf_id, code, level, name FROM climbed
ORDER BY leaf_id, (level = %(level)s) DESC, (unit_id = leaf_id) DESC
