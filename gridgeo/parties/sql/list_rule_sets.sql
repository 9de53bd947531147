-- The newest rule sets first, or the one of a number.
SELECT rule_set, valid_from, actor, note FROM rule_set
WHERE rule_set = coalesce(%(number)s::int, rule_set)
ORDER BY rule_set DESC
LIMIT %(limit)s
