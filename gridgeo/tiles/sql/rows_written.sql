-- How many rows were ever written of the tables that open layers show besides the map itself.
-- PostgreSQL counts them for each table within about a second of the commit.
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
FROM pg_stat_user_tables
WHERE relname = ANY(%(tables)s)
