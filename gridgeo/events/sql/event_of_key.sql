-- The event that holds a key, with its fingerprint. Indexes: event_key_pkey, event_pkey.
SELECT k.event_id, e.content_hash
FROM event_key k
JOIN event e ON e.event_id = k.event_id AND e.received_at = k.received_at
WHERE k.channel = %(channel)s AND k.external_id = %(external_id)s
