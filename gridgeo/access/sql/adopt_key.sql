-- A key that was made elsewhere; one that is known here stays as it is, also a revoked one.
-- Index: api_key_key_hash_key.
INSERT INTO api_key (name, role, prefix, key_hash, expires_at)
VALUES (%(name)s, %(role)s, %(prefix)s, %(key_hash)s, %(expires_at)s)
ON CONFLICT (key_hash) DO NOTHING
