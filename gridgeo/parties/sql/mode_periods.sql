-- Modes that are on at an instant or will be, oldest first; the shape as WKB.
SELECT period_id, mode, starts_at, ends_at, unit_ids, ST_AsBinary(geom), note
FROM mode_period
WHERE coalesce(ends_at > %(instant)s, true)
ORDER BY period_id
