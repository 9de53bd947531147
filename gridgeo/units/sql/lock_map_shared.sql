-- Held by an intake until its transaction ends: the head cannot move under it.
SELECT pg_advisory_xact_lock_shared(%(key)s)
