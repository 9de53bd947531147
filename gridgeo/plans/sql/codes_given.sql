-- Codes that begin so and were ever given to a unit; no order. Reads the whole table, some 10 ms.
SELECT code FROM unit_code WHERE starts_with(code, %(beginning)s)
