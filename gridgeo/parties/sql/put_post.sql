-- A duty post by its code, new or as it is from now on; without a point of its own it stands within
-- its unit or exclusive grid.
INSERT INTO duty_post (code, kind, unit_id, exclusive_id, role, contact, ref, shift_calendar, shift,
                       geom)
SELECT %(code)s, %(kind)s, %(unit_id)s::int, %(exclusive_id)s::int, %(role)s, %(contact)s, %(ref)s,
       %(shift_calendar)s, %(shift)s,
       (SELECT ST_PointOnSurface(s.geom)
        FROM (SELECT geom FROM unit_shape WHERE unit_id = %(unit_id)s AND upper_inf(versions)
              UNION ALL
              SELECT geom FROM exclusive_grid
              WHERE exclusive_id = %(exclusive_id)s AND upper_inf(versions)) s)
ON CONFLICT (code) DO UPDATE
SET kind = excluded.kind, unit_id = excluded.unit_id, exclusive_id = excluded.exclusive_id,
    role = excluded.role, contact = excluded.contact, ref = excluded.ref,
    shift_calendar = excluded.shift_calendar, shift = excluded.shift
