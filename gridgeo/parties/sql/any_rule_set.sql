-- Whether there is a rule set.
SELECT EXISTS (SELECT FROM rule_set)
