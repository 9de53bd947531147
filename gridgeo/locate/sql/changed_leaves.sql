-- Shapes of leaves that one version has and a later one has not: those of the earlier version
-- (is_new false) and those of the later (is_new true), as WKB.
SELECT unit_id, versions @> %(version)s::int AS is_new, ST_AsBinary(geom)
FROM unit_shape
WHERE is_leaf
  AND (lower(versions) > %(before)s::int OR upper(versions) > %(before)s::int)
  AND (versions @> %(before)s::int) <> (versions @> %(version)s::int)
ORDER BY unit_id
