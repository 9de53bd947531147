-- As many new exclusive grid ids as asked for, ascending.
SELECT nextval('exclusive_id_seq')::int FROM generate_series(1, %(count)s)
