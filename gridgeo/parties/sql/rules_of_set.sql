-- All rules of a rule set with their parties, in id order.
SELECT r.rule_id, r.scope_unit_id, r.scope_exclusive_id, r.category_scheme, r.category, r.role,
       p.party_id, p.code, p.name, p.kind, p.contact
FROM responsibility_rule r
JOIN party p USING (party_id)
WHERE r.rule_sets @> %(rule_set)s::int
ORDER BY r.rule_id
