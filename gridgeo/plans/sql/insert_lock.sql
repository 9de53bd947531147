-- A lock of a plan on a unit.
INSERT INTO plan_lock (unit_id, plan_id, actor, only_actor)
VALUES (%(unit_id)s, %(plan_id)s, %(actor)s, %(only_actor)s)
