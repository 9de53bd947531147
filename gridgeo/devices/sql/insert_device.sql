-- A new device in its leaf.
INSERT INTO device (code, kind, family, geom, unit_id, map_version)
VALUES (%(code)s, %(kind)s, %(family)s,
        ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(unit_id)s, %(map_version)s)
ON CONFLICT (code) DO NOTHING
RETURNING device_id
