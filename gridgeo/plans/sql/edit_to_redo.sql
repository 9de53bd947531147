-- The edit drawn last after the tip of a plan's log: the one to redo; no row when there is none.
-- Index: plan_edit_pkey.
SELECT seq, after_seq, kind, params, actor, created_at, codes FROM plan_edit
WHERE plan_id = %(plan_id)s AND after_seq = %(at_seq)s
ORDER BY seq DESC
LIMIT 1
