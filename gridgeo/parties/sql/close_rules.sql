-- End rules at a rule set. Index: responsibility_rule_pkey.
UPDATE responsibility_rule SET rule_sets = int4range(lower(rule_sets), %(rule_set)s)
WHERE rule_id = ANY(%(ids)s) AND upper_inf(rule_sets)
