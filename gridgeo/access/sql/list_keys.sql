-- All keys, oldest first, without their secrets.
SELECT key_id, name, role, prefix, created_at, expires_at, revoked_at
FROM api_key ORDER BY key_id
