-- How many units of a version a balance rule speaks of, and how many of them are green and amber;
-- one row. Bounds in the measure's own unit. Reads all units of a level. Index: unit_shape_pkey.
SELECT count(*) AS units,
       count(*) FILTER (WHERE value BETWEEN %(least)s AND %(most)s) AS green,
       count(*) FILTER (WHERE value BETWEEN %(low)s AND %(high)s
                          AND NOT value BETWEEN %(least)s AND %(most)s) AS amber
FROM (
    SELECT CASE WHEN %(measure)s = 'households' THEN u.households::float8
                ELSE (SELECT s.area_m2 FROM unit_shape s
                      WHERE s.unit_id = u.unit_id AND s.versions @> %(version)s::int) END AS value
    FROM unit u
    WHERE u.level = %(level)s AND u.versions @> %(version)s::int
      AND NOT (%(only_with_children)s AND u.is_leaf)
) AS measured
