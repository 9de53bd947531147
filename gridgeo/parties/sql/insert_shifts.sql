-- A shift calendar that holds from a rule set on; shifts as JSON.
INSERT INTO shift_calendar (code, rule_sets, name, shifts)
VALUES (%(code)s, int4range(%(rule_set)s::int, NULL), %(name)s, %(shifts)s)
