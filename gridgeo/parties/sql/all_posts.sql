-- All duty posts in code order, by the codes of their unit or exclusive grid.
SELECT d.code, d.kind, u.code AS unit_code, e.code AS exclusive_code, d.role, d.contact, d.ref,
       d.shift_calendar, d.shift
FROM duty_post d
LEFT JOIN LATERAL (SELECT code FROM unit WHERE unit_id = d.unit_id
                   ORDER BY versions DESC LIMIT 1) u ON true
LEFT JOIN LATERAL (SELECT code FROM exclusive_grid WHERE exclusive_id = d.exclusive_id
                   ORDER BY versions DESC LIMIT 1) e ON true
ORDER BY d.code COLLATE "C"
