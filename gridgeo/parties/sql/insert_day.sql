-- A day that is not as usual from a rule set on.
INSERT INTO calendar_day (day, rule_sets, kind)
VALUES (%(day)s, int4range(%(rule_set)s::int, NULL), %(kind)s)
