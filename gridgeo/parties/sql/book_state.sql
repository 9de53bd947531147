-- What tells one state of all that decides from another, at an instant: the number of classes, the
-- switchings of modes, the newest map version.
SELECT (SELECT count(*) FROM event_category),
       (SELECT coalesce(sum(revision), 0)::bigint FROM mode_period),
       (SELECT coalesce(max(version), 0) FROM map_version)
