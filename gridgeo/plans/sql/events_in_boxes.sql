-- Events that lie in any of some boxes in degrees, each once, in id order: lon, lat, the code of the
-- leaf that they are filed under in a version, state, whether they came within the last year, and what
-- the assignment depends on; of one that is not closed the last answer: its party's code, its chain of
-- units and its exclusive grids. Indexes: event_geom_gist, event_assignment_pkey.
WITH hit AS MATERIALIZED (
    SELECT DISTINCT ON (e.event_id)
           e.event_id, e.geom, e.unit_id, e.state, e.received_at, e.accuracy_m, e.category_scheme,
           e.category
    FROM unnest(%(wests)s::float8[], %(souths)s::float8[], %(easts)s::float8[], %(norths)s::float8[])
         AS box (west, south, east, north)
    JOIN event e ON e.geom && ST_MakeEnvelope(west, south, east, north, 4326)
    ORDER BY e.event_id
)
SELECT ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat,
       (SELECT u.code FROM unit u
        WHERE u.unit_id = e.unit_id AND u.versions @> %(version)s::int) AS code,
       e.state,
       e.received_at > now() - interval '1 year' AS recent,
       e.accuracy_m, e.category_scheme, e.category,
       last.party, last.chain, last.exclusive_ids
FROM hit e
LEFT JOIN LATERAL (
    SELECT p.code AS party, a.chain, a.exclusive_ids
    FROM event_assignment a JOIN party p USING (party_id)
    WHERE a.event_id = e.event_id ORDER BY a.seq DESC LIMIT 1
) AS last ON e.state <> ALL(%(closed)s)
ORDER BY e.event_id
