-- What tells one state of all that decides from another, for a rule set: the transaction that wrote
-- the set, the number of classes, the switchings of modes, the newest map version, the state of the
-- assets and lines.
SELECT (SELECT xmin::text FROM rule_set WHERE rule_set = %(rule_set)s),
       (SELECT count(*) FROM event_category),
       (SELECT coalesce(sum(revision), 0)::bigint FROM mode_period),
       (SELECT coalesce(max(version), 0) FROM map_version),
       (SELECT state::text FROM asset_state)
