-- End shift calendars at a rule set, by their codes.
UPDATE shift_calendar SET rule_sets = int4range(lower(rule_sets), %(rule_set)s)
WHERE code = ANY(%(keys)s) AND upper_inf(rule_sets)
