-- Rows of the map whose range begins or ends at a version that is not there.
SELECT code, what, versions::text
FROM (
    SELECT code, 'unit' AS what, versions FROM unit
    UNION ALL
    SELECT c.code, 'shape', s.versions FROM unit_shape s JOIN unit_code c USING (unit_id)
    UNION ALL
    SELECT code, 'exclusive grid', versions FROM exclusive_grid
) row_of_map
WHERE NOT EXISTS (SELECT FROM map_version m WHERE m.version = lower(versions))
   OR (NOT upper_inf(versions)
       AND NOT EXISTS (SELECT FROM map_version m WHERE m.version = upper(versions)))
ORDER BY code COLLATE "C", what, versions
