-- How many units each level of a version has, from the root down.
SELECT v.level, count(u.unit_id)
FROM unit_level v
LEFT JOIN unit u ON u.level = v.level AND u.versions @> %(version)s::int
GROUP BY v.level, v.depth
ORDER BY v.depth
