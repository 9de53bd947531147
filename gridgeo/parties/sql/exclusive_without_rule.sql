-- Exclusive grids that hold from a version on and about which no rule speaks, in code order.
SELECT code, name, synthetic
FROM exclusive_grid g
WHERE lower(versions) = %(version)s::int
  AND NOT EXISTS (
      SELECT FROM responsibility_rule r
      WHERE r.scope_exclusive_id = g.exclusive_id AND upper_inf(r.rule_sets)
  )
ORDER BY code COLLATE "C"
