-- The shift calendars of a rule set, in code order; shifts as JSON.
SELECT code, name, shifts FROM shift_calendar
WHERE rule_sets @> %(rule_set)s::int
ORDER BY code COLLATE "C"
