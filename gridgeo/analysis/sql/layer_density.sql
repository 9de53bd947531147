-- Hexagons and their figures, which come as a JSON list (`rows`: id, cell, shape and figures), by id.
SELECT id, ST_GeomFromEWKB(decode(shape, 'hex')) AS geom, cell, events, events_per_km2, events_class,
       devices, devices_per_km2, devices_class
FROM jsonb_to_recordset(%(rows)s) AS f (
    id bigint, cell text, shape text, events int, events_per_km2 int, events_class int, devices int,
    devices_per_km2 int, devices_class int)
ORDER BY id
