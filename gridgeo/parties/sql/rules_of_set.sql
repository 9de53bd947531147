-- All rules of a rule set, in id order; parties by id, NULL where a rule names a kind.
SELECT rule_id, scope_unit_id, scope_exclusive_id, category_scheme, category, role, party_id,
       party_kind, asset_kind, asset_name, tolerance_m, mode, shift_calendar, shift, weekdays,
       day_kinds, valid_from, valid_to, priority, tree, handling, reports_to_id, reports_to_kind
FROM responsibility_rule
WHERE rule_sets @> %(rule_set)s::int
ORDER BY rule_id
