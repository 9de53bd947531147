-- Held by a publication until its transaction ends: no other publication, no intake beside it.
SELECT pg_advisory_xact_lock(%(key)s)
