-- The edits of a plan in order. Index: plan_edit_pkey.
SELECT seq, kind, params, actor, created_at FROM plan_edit
WHERE plan_id = %(plan_id)s
ORDER BY seq
