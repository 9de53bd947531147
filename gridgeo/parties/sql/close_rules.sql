-- End the rules that still hold, at a rule set.
UPDATE responsibility_rule SET rule_sets = int4range(lower(rule_sets), %(rule_set)s)
WHERE upper_inf(rule_sets)
