-- Duty posts of units and exclusive grids, valid at an instant, in code order.
-- Indexes: duty_post_unit_id_idx, duty_post_exclusive_id_idx.
SELECT d.code, d.kind, u.code AS unit_code, e.code AS exclusive_code, d.role, d.contact, d.ref,
       d.shift_calendar, d.shift
FROM duty_post d
LEFT JOIN LATERAL (SELECT code FROM unit WHERE unit_id = d.unit_id
                   ORDER BY versions DESC LIMIT 1) u ON true
LEFT JOIN LATERAL (SELECT code FROM exclusive_grid WHERE exclusive_id = d.exclusive_id
                   ORDER BY versions DESC LIMIT 1) e ON true
WHERE (d.unit_id = ANY(%(unit_ids)s) OR d.exclusive_id = ANY(%(exclusive_ids)s))
  AND coalesce(d.valid_from <= %(instant)s, true) AND coalesce(d.valid_to > %(instant)s, true)
ORDER BY d.code COLLATE "C"
