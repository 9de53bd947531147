-- Exclusive grids of a version, of one kind or all, in code order, with their shapes.
SELECT exclusive_id, code, name, kind, ST_AsBinary(geom) AS shape, area_m2, synthetic
FROM exclusive_grid
WHERE versions @> %(version)s::int
  AND (%(kind)s::text IS NULL OR kind = %(kind)s)
ORDER BY code COLLATE "C"
