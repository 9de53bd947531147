-- Rules of a rule set, by the code of their unit, exclusive grid or asset, after a rule id.
SELECT r.rule_id, c.code AS unit, e.code AS exclusive_grid, r.asset_kind, r.asset_name,
       r.tolerance_m, r.category_scheme, r.category, r.mode, r.role, p.code AS party,
       p.name AS party_name, r.party_kind, r.shift_calendar, r.shift, r.weekdays, r.day_kinds,
       r.valid_from, r.valid_to, r.priority, r.tree, r.handling, s.code AS reports_to,
       r.reports_to_kind
FROM responsibility_rule r
LEFT JOIN party p USING (party_id)
LEFT JOIN party s ON s.party_id = r.reports_to_id
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
