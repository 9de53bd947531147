-- The days of a rule set that are not as usual, in order.
SELECT day, kind FROM calendar_day WHERE rule_sets @> %(rule_set)s::int ORDER BY day
