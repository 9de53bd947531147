-- The steps that were taken with a plan, in order. Index: plan_step_pkey.
SELECT revision, step, actor, reason, taken_at FROM plan_step
WHERE plan_id = %(plan_id)s
ORDER BY revision
