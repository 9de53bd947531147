-- Units of a version that a balance rule finds amber or red, in code order after a code, without some
-- codes: code, name, households, area in m2. Indexes: unit_shape_pkey.
SELECT code, name, households, area_m2
FROM (
    SELECT u.code, u.name, u.households, s.area_m2,
           CASE WHEN %(measure)s = 'households' THEN u.households ELSE s.area_m2 END AS value
    FROM unit u
    JOIN unit_shape s ON s.unit_id = u.unit_id AND s.versions @> %(version)s::int
    WHERE u.level = %(level)s AND u.versions @> %(version)s::int
      AND NOT (%(only_with_children)s AND u.is_leaf)
) AS measured
WHERE NOT value BETWEEN %(least)s AND %(most)s
  AND code <> ALL(%(without)s)
  AND (%(after)s::text IS NULL OR code > %(after)s COLLATE "C")
ORDER BY code COLLATE "C"
LIMIT %(limit)s
