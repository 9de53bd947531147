-- The newest rule set; no row before the first.
SELECT rule_set, valid_from FROM rule_set ORDER BY rule_set DESC LIMIT 1
