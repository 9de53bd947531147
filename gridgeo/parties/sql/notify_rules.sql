-- Tell every worker, when the transaction commits, that there is a new rule set.
SELECT pg_notify('gridgeo_rules', %(rule_set)s::text)
