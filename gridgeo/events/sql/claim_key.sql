-- Claim (channel, external id) for a new event; no row when it is taken. Index: event_key_pkey.
INSERT INTO event_key (channel, external_id, received_at)
VALUES (%(channel)s, %(external_id)s, now())
ON CONFLICT (channel, external_id) DO NOTHING
RETURNING event_id, received_at
