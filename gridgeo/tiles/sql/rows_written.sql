-- How many rows were ever written of the tables that open layers show besides the map itself.
-- PostgreSQL tells it when a connection that has written closes, or has rested for up to ten seconds
-- after its commit. NULL on a standby, which does not count what it only replays.
SELECT CASE WHEN NOT pg_is_in_recovery()
            THEN coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint END
FROM pg_stat_user_tables
WHERE relname = ANY(%(tables)s)
