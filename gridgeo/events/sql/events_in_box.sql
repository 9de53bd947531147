-- Events inside a box in degrees, in id order. Index: event_geom_gist.
SELECT event_id, received_at, ST_X(geom) AS lon, ST_Y(geom) AS lat, unit_id, state,
       category_scheme, category, accuracy_m
FROM event
WHERE geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
ORDER BY event_id
