-- The next rule set, valid from the database's own clock.
INSERT INTO rule_set (rule_set, valid_from, actor, note)
SELECT coalesce(max(rule_set), 0) + 1, clock_timestamp(), %(actor)s, %(note)s FROM rule_set
RETURNING rule_set
