-- Leaves and every unit above them, at a version, without shapes; no order.
-- Index: unit_pkey.
WITH RECURSIVE climbed AS (
    SELECT unit_id, code, level, name, parent_id FROM unit
    WHERE unit_id = ANY(%(leaf_ids)s) AND versions @> %(version)s::int
    UNION
    SELECT u.unit_id, u.code, u.level, u.name, u.parent_id
    FROM climbed c
    JOIN unit u ON u.unit_id = c.parent_id AND u.versions @> %(version)s::int
)
SELECT unit_id, code, level, name, parent_id FROM climbed
