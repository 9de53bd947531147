-- Tell every worker, when the transaction commits, that a mode was switched.
SELECT pg_notify('gridgeo_rules', 'modes')
