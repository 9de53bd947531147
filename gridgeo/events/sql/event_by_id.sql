-- One event by id. Indexes: event_key_event_id_key, event_pkey.
SELECT e.event_id, e.channel, e.external_id, e.category_scheme, e.category, c.name_zh AS
       category_name, e.state, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat, e.accuracy_m,
       e.occurred_at, e.received_at, e.description, e.synthetic
FROM event_key k
JOIN event e ON e.event_id = k.event_id AND e.received_at = k.received_at
JOIN event_category c ON c.scheme = e.category_scheme AND c.code = e.category
WHERE k.event_id = %(event_id)s
