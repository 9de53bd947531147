-- A step that was taken with a plan; it led to this revision.
INSERT INTO plan_step (plan_id, revision, step, actor, reason)
VALUES (%(plan_id)s, %(revision)s, %(step)s, %(actor)s, %(reason)s)
