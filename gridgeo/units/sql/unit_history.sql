-- Every state that a unit has had, oldest first: one row per span of versions in which neither
-- its attributes nor its shape changed. Index: unit_code_pkey, unit_pkey, unit_shape_pkey.
SELECT u.code, u.level, u.name, u.households, s.area_m2,
       greatest(lower(u.versions), lower(s.versions)) AS from_version,
       nullif(least(coalesce(upper(u.versions), 2147483647),
                    coalesce(upper(s.versions), 2147483647)), 2147483647) AS until_version,
       lower(s.versions) = greatest(lower(u.versions), lower(s.versions)) AS shape_changed,
       m.valid_from, m.note
FROM unit_code c
JOIN unit u ON u.unit_id = c.unit_id
JOIN unit_shape s ON s.unit_id = u.unit_id AND s.versions && u.versions
JOIN map_version m ON m.version = greatest(lower(u.versions), lower(s.versions))
WHERE c.code = %(code)s
ORDER BY from_version
