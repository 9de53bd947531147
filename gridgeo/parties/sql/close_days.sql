-- End days that are not as usual at a rule set.
UPDATE calendar_day SET rule_sets = int4range(lower(rule_sets), %(rule_set)s)
WHERE day = ANY(%(keys)s) AND upper_inf(rule_sets)
