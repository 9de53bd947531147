-- The live key of a hash: not revoked, not expired. Index: api_key_key_hash_key.
SELECT name, role FROM api_key
WHERE key_hash = %(key_hash)s AND revoked_at IS NULL
  AND (expires_at IS NULL OR expires_at > now())
