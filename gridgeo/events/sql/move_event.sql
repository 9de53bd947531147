-- Give an event its new leaf. Index: event_pkey.
UPDATE event SET unit_id = %(unit_id)s, map_version = %(map_version)s
WHERE event_id = %(event_id)s AND received_at = %(received_at)s
