-- What tells one map from any other: the server's own number, the database, and the instant (seconds
-- since 1970) at which the first version was made. One row of text.
SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database_oid,
       current_database()::text AS database_name,
       (SELECT extract(epoch FROM valid_from)::text FROM map_version ORDER BY version LIMIT 1)
           AS first_valid_from
