-- Events, newest first, by unit (and all below it), state, box and time, before an event id.
-- Indexes: unit_parent_id_idx, event_unit_id_idx, event_geom_gist.
WITH RECURSIVE below AS (
    SELECT unit_id FROM unit WHERE code = %(unit)s AND versions @> %(version)s::int
    UNION ALL
    SELECT u.unit_id FROM below b
    JOIN unit u ON u.parent_id = b.unit_id AND u.versions @> %(version)s::int
)
SELECT e.event_id, e.channel, e.external_id, e.category_scheme, e.category, e.state,
       ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat, e.occurred_at, e.received_at,
       u.code AS unit_code, e.map_version, e.synthetic
FROM event e
LEFT JOIN unit u ON u.unit_id = e.unit_id AND u.versions @> %(version)s::int
WHERE (%(unit)s::text IS NULL OR e.unit_id IN (SELECT unit_id FROM below))
  AND (%(state)s::text IS NULL OR e.state = %(state)s)
  AND (%(since)s::timestamptz IS NULL OR e.received_at >= %(since)s)
  AND (%(before)s::bigint IS NULL OR e.event_id < %(before)s)
  AND (%(bbox)s::float8[] IS NULL
       OR e.geom && ST_MakeEnvelope((%(bbox)s::float8[])[1], (%(bbox)s::float8[])[2],
                                    (%(bbox)s::float8[])[3], (%(bbox)s::float8[])[4], 4326))
ORDER BY e.event_id DESC
LIMIT %(limit)s
