-- Devices in a box (degrees), of one kind if asked; the nearest to a point by degrees first, which
-- is not their order by metres. Index: device_geom_gist.
SELECT d.code, d.kind, d.family, ST_X(d.geom) AS lon, ST_Y(d.geom) AS lat, u.code AS unit_code,
       d.map_version, d.synthetic, ST_AsBinary(d.geom) AS shape
FROM device d
LEFT JOIN unit u ON u.unit_id = d.unit_id AND u.versions @> %(version)s::int
WHERE d.geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
  AND (%(kind)s::text IS NULL OR d.kind = %(kind)s)
ORDER BY d.geom <-> ST_Point(%(lon)s, %(lat)s, 4326)
LIMIT %(limit)s
