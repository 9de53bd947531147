-- The name by which other connections see the instant that this one sees.
SELECT pg_export_snapshot()
