-- A new key; only its hash is kept.
INSERT INTO api_key (name, role, prefix, key_hash, expires_at)
VALUES (%(name)s, %(role)s, %(prefix)s, %(key_hash)s, %(expires_at)s)
RETURNING key_id
