-- Events inside a box in degrees, in id order; of one that is not closed also the units and exclusive
-- grids of the last answer about it. Indexes: event_geom_gist, event_assignment_pkey.
SELECT e.event_id, e.received_at, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat, e.unit_id,
       e.category_scheme, e.category, e.accuracy_m, last.chain, last.exclusive_ids
FROM event e
LEFT JOIN LATERAL (
    SELECT chain, exclusive_ids FROM event_assignment a
    WHERE a.event_id = e.event_id ORDER BY a.seq DESC LIMIT 1
) last ON e.state <> ALL(%(closed)s)
WHERE e.geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
ORDER BY e.event_id
