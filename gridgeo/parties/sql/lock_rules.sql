-- Hold the rules until the transaction ends, so that sets are numbered in the order of their commit.
SELECT pg_advisory_xact_lock(%(key)s)
