-- Units and their figures, which come as a JSON list (`rows`: id and figures), with the shapes of the
-- live map, by id. Index: unit_shape_pkey.
SELECT u.unit_id AS id, s.geom, u.code, u.level, f.households, f.households_per_km2,
       f.households_class, f.events, f.events_per_1000_households, f.events_class, f.devices,
       f.devices_per_km2, f.devices_class
FROM jsonb_to_recordset(%(rows)s) AS f (
    id int, households int, households_per_km2 int, households_class int, events int,
    events_per_1000_households int, events_class int, devices int, devices_per_km2 int,
    devices_class int)
JOIN unit u ON u.unit_id = f.id AND upper_inf(u.versions)
JOIN unit_shape s ON s.unit_id = f.id AND upper_inf(s.versions)
ORDER BY u.unit_id
