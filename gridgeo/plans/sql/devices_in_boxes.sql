-- Devices that stand in any of some boxes in degrees, each once, in id order: lon, lat, and the code of
-- the leaf that they are filed under in a version. Indexes: device_geom_gist, unit_one_truth_at_a_time.
SELECT ST_X(d.geom), ST_Y(d.geom),
       (SELECT u.code FROM unit u
        WHERE u.unit_id = d.unit_id AND u.versions @> %(version)s::int)
FROM device d
WHERE d.device_id IN (
    SELECT e.device_id
    FROM unnest(%(wests)s::float8[], %(souths)s::float8[], %(easts)s::float8[], %(norths)s::float8[])
         AS box (west, south, east, north)
    JOIN device e ON e.geom && ST_MakeEnvelope(west, south, east, north, 4326)
)
ORDER BY d.device_id
