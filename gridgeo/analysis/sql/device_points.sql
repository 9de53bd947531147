-- Points of devices in blocks of `block` numbers: how many are outside the city, and lon, lat of those
-- inside as doubles, the most significant byte first. No order.
SELECT count(*) FILTER (WHERE unit_id IS NULL),
       coalesce(string_agg(float8send(ST_X(geom)) || float8send(ST_Y(geom)), ''::bytea)
                FILTER (WHERE unit_id IS NOT NULL), ''::bytea)
FROM device
GROUP BY device_id / %(block)s::int
