-- Leaves and every unit above them, administering or legal, at a version, without shapes; no order.
-- Index: unit_pkey.
WITH RECURSIVE climbed AS (
    SELECT unit_id, code, level, name, parent_id, legal_parent_id FROM unit
    WHERE unit_id = ANY(%(leaf_ids)s) AND versions @> %(version)s::int
    UNION
    SELECT u.unit_id, u.code, u.level, u.name, u.parent_id, u.legal_parent_id
    FROM climbed c
    CROSS JOIN LATERAL (VALUES (c.parent_id), (c.legal_parent_id)) AS above (unit_id)
    JOIN unit u ON u.unit_id = above.unit_id AND u.versions @> %(version)s::int
)
SELECT unit_id, code, level, name, parent_id FROM climbed
