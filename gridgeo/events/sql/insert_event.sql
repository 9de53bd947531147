-- A new event in its leaf.
INSERT INTO event (event_id, received_at, channel, external_id, category_scheme, category,
                   occurred_at, description, geom, accuracy_m, unit_id, map_version, content_hash,
                   synthetic)
VALUES (%(event_id)s, %(received_at)s, %(channel)s, %(external_id)s, %(category_scheme)s,
        %(category)s, %(occurred_at)s, %(description)s,
        ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(accuracy_m)s, %(unit_id)s,
        %(map_version)s, %(content_hash)s, %(synthetic)s)
