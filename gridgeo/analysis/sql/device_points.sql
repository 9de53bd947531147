-- Points of devices with their leaf. No order.
SELECT ST_X(geom), ST_Y(geom), unit_id FROM device
