-- The level of whoever carried a code, and the last version up to `version` in which it did.
-- Index: unit_code_idx.
SELECT level, least(coalesce(upper(versions) - 1, %(version)s), %(version)s)
FROM unit
WHERE code = %(code)s AND lower(versions) <= %(version)s
ORDER BY lower(versions) DESC
LIMIT 1
