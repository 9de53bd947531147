-- The next edit of a plan.
INSERT INTO plan_edit (plan_id, seq, kind, params, actor)
SELECT %(plan_id)s, coalesce(max(seq), 0) + 1, %(kind)s, %(params)s, %(actor)s
FROM plan_edit WHERE plan_id = %(plan_id)s
RETURNING seq
