-- Leaves whose shape ends (is_new false) or begins (is_new true) with a version, as WKB.
SELECT unit_id, lower(versions) = %(version)s::int AS is_new, ST_AsBinary(geom)
FROM unit_shape
WHERE is_leaf
  AND (lower(versions) = %(version)s::int OR upper(versions) = %(version)s::int)
ORDER BY unit_id
