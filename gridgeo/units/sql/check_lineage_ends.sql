-- Lineage rows, up to a version, that come from no unit of the version before or lead to none.
SELECT l.version, f.code AS from_code, t.code AS to_code,
       EXISTS (SELECT FROM unit u WHERE u.unit_id = l.from_unit_id AND u.versions @> l.version - 1)
FROM unit_lineage l
LEFT JOIN unit_code f ON f.unit_id = l.from_unit_id
LEFT JOIN unit_code t ON t.unit_id = l.to_unit_id
WHERE l.version <= %(version)s
  AND (NOT EXISTS (SELECT FROM unit u
                   WHERE u.unit_id = l.from_unit_id AND u.versions @> l.version - 1)
       OR NOT EXISTS (SELECT FROM unit u
                      WHERE u.unit_id = l.to_unit_id AND u.versions @> l.version))
ORDER BY l.version, f.code, t.code
