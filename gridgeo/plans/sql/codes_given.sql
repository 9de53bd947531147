-- Codes that begin so and were given to a unit up to a version; no order. What was given since is seen
-- when a plan comes to stand on a later version. Reads the whole table, some 10 ms.
SELECT code FROM unit_code
WHERE starts_with(code, %(beginning)s) AND first_version <= %(version)s::int
