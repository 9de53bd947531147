-- Revoke one live key by its prefix. Index: api_key_prefix_key.
UPDATE api_key SET revoked_at = now()
WHERE prefix = %(prefix)s AND revoked_at IS NULL
RETURNING name
