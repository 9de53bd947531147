-- Let go locks of a plan: all of them, or those on some units.
UPDATE plan_lock SET released_at = now()
WHERE plan_id = %(plan_id)s AND released_at IS NULL
  AND (%(unit_ids)s::int[] IS NULL OR unit_id = ANY(%(unit_ids)s::int[]))
