"""The database: its private cluster, roles, connections, schema and migrations."""
