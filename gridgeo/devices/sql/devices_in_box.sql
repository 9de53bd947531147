-- Devices inside a box in degrees, in id order. Index: device_geom_gist.
SELECT device_id, ST_X(geom), ST_Y(geom), unit_id FROM device
WHERE geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
ORDER BY device_id
