-- Held by whoever takes locks until the transaction ends, so that no two take what overlaps.
SELECT pg_advisory_xact_lock(%(key)s)
