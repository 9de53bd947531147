-- The locks that a plan holds, in code order.
SELECT l.plan_id, p.title, l.actor, l.only_actor, l.taken_at, c.code
FROM plan_lock l
JOIN plan p USING (plan_id)
JOIN LATERAL (SELECT code FROM unit_code WHERE unit_id = l.unit_id
              ORDER BY first_version DESC, code LIMIT 1) c ON true
WHERE l.plan_id = %(plan_id)s AND l.released_at IS NULL
ORDER BY c.code COLLATE "C"
