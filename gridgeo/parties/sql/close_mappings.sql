-- End mappings of classes at a rule set, by "scheme category" in one text each.
UPDATE category_mapping SET rule_sets = int4range(lower(rule_sets), %(rule_set)s)
WHERE scheme || ' ' || category = ANY(%(keys)s) AND upper_inf(rule_sets)
