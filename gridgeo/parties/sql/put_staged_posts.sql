-- Duty posts by their codes, new or as they are from now on; one that did not change is left alone,
-- and a new one stands within its unit or exclusive grid.
INSERT INTO duty_post (code, kind, unit_id, exclusive_id, role, contact, ref, shift_calendar, shift,
                       geom)
SELECT p.code, p.kind, p.unit_id, p.exclusive_id, p.role, p.contact, p.ref, p.shift_calendar,
       p.shift, coalesce(d.geom, ST_PointOnSurface(coalesce(s.geom, e.geom)))
FROM staged_post p
LEFT JOIN duty_post d ON d.code = p.code
LEFT JOIN unit_shape s ON d.code IS NULL AND s.unit_id = p.unit_id AND upper_inf(s.versions)
LEFT JOIN exclusive_grid e
       ON d.code IS NULL AND e.exclusive_id = p.exclusive_id AND upper_inf(e.versions)
WHERE d.code IS NULL
   OR (d.kind, d.unit_id, d.exclusive_id, d.role, d.contact, d.ref, d.shift_calendar, d.shift)
      IS DISTINCT FROM
      (p.kind, p.unit_id, p.exclusive_id, p.role, p.contact, p.ref, p.shift_calendar, p.shift)
ON CONFLICT (code) DO UPDATE
SET kind = excluded.kind, unit_id = excluded.unit_id, exclusive_id = excluded.exclusive_id,
    role = excluded.role, contact = excluded.contact, ref = excluded.ref,
    shift_calendar = excluded.shift_calendar, shift = excluded.shift
