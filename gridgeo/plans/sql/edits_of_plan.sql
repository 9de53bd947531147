-- The edits of a plan that are in force, in order: from the tip of its log back to the first.
-- Index: plan_edit_pkey.
WITH RECURSIVE log AS (
    SELECT e.* FROM plan_edit e WHERE e.plan_id = %(plan_id)s AND e.seq = %(at_seq)s
    UNION ALL
    SELECT e.* FROM log JOIN plan_edit e ON e.plan_id = log.plan_id AND e.seq = log.after_seq
)
SELECT seq, after_seq, kind, params, actor, created_at, codes FROM log ORDER BY seq
