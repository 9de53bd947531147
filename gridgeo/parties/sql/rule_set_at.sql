-- The rule set that was valid at an instant; the first one answers for times before it.
SELECT rule_set, valid_from FROM rule_set
ORDER BY (valid_from <= %(instant)s) DESC,
         CASE WHEN valid_from <= %(instant)s THEN -rule_set ELSE rule_set END
LIMIT 1
