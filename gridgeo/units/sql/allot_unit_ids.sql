-- As many new unit ids as asked for, ascending.
SELECT nextval('unit_id_seq')::int FROM generate_series(1, %(count)s)
