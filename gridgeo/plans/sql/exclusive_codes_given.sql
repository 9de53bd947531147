-- Codes that begin so and were given to an exclusive grid up to a version; no order.
SELECT DISTINCT code FROM exclusive_grid
WHERE starts_with(code, %(beginning)s) AND lower(versions) <= %(version)s::int
