-- Modes that were switched on, newest first, before a period id; `on_at` narrows to an instant.
SELECT m.period_id, m.mode, m.starts_at, m.ends_at, m.note, m.switched_on_by, m.switched_off_by,
       m.recorded_at, ST_AsGeoJSON(m.geom, 7)::json AS area,
       coalesce((SELECT json_agg(c.code ORDER BY c.code COLLATE "C")
                 FROM unit_code c WHERE c.unit_id = ANY(m.unit_ids)), '[]'::json) AS units
FROM mode_period m
WHERE (%(before)s::int IS NULL OR m.period_id < %(before)s)
  AND (%(on_at)s::timestamptz IS NULL
       OR m.starts_at <= %(on_at)s AND coalesce(m.ends_at > %(on_at)s, true))
ORDER BY m.period_id DESC
LIMIT %(limit)s
