-- Rules of a rule set, by the code of their unit or exclusive grid, after a rule id.
SELECT r.rule_id, c.code AS unit, e.code AS exclusive_grid, r.category_scheme, r.category, r.role,
       p.code AS party, p.name AS party_name
FROM responsibility_rule r
JOIN party p USING (party_id)
LEFT JOIN LATERAL (
    SELECT code FROM unit WHERE unit_id = r.scope_unit_id ORDER BY versions DESC LIMIT 1
) c ON true
LEFT JOIN LATERAL (
    SELECT code FROM exclusive_grid WHERE exclusive_id = r.scope_exclusive_id
    ORDER BY versions DESC LIMIT 1
) e ON true
WHERE r.rule_sets @> %(rule_set)s::int
  AND (%(unit)s::text IS NULL OR c.code = %(unit)s)
  AND r.rule_id > %(after)s
ORDER BY r.rule_id
LIMIT %(limit)s
