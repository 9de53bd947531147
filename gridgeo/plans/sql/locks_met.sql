-- Locks held on units of a version, on the units above them and, with `below`, on those below them,
-- the highest first. Indexes: plan_lock_held_once, unit_pkey, unit_parent_id_idx.
WITH RECURSIVE above AS (
    SELECT u.unit_id, u.parent_id FROM unit u
    WHERE u.unit_id = ANY(%(unit_ids)s) AND u.versions @> %(version)s::int
    UNION
    SELECT u.unit_id, u.parent_id FROM above a
    JOIN unit u ON u.unit_id = a.parent_id AND u.versions @> %(version)s::int
),
upwards AS (
    SELECT l.lock_id, l.unit_id FROM plan_lock l
    WHERE l.released_at IS NULL AND l.unit_id IN (SELECT unit_id FROM above)
),
climb AS (
    SELECT l.lock_id, u.unit_id, u.parent_id FROM plan_lock l
    JOIN unit u ON u.unit_id = l.unit_id AND u.versions @> %(version)s::int
    WHERE %(below)s AND l.released_at IS NULL
    UNION
    SELECT c.lock_id, u.unit_id, u.parent_id FROM climb c
    JOIN unit u ON u.unit_id = c.parent_id AND u.versions @> %(version)s::int
),
met AS (
    SELECT lock_id FROM upwards
    UNION
    SELECT lock_id FROM climb WHERE unit_id = ANY(%(unit_ids)s)
)
SELECT l.plan_id, p.title, l.actor, l.only_actor, l.taken_at, c.code
FROM met
JOIN plan_lock l USING (lock_id)
JOIN plan p USING (plan_id)
JOIN LATERAL (SELECT code FROM unit_code WHERE unit_id = l.unit_id
              ORDER BY first_version DESC, code LIMIT 1) c ON true
ORDER BY length(c.code), c.code COLLATE "C"
