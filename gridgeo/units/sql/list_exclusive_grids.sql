-- Exclusive grids of a version, in code order, with GeoJSON.
SELECT code, name, kind, area_m2, synthetic,
       ARRAY[ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom)] AS bbox,
       ST_AsGeoJSON(geom, 7)::json AS geometry
FROM exclusive_grid
WHERE versions @> %(version)s::int
  AND (%(code)s::text IS NULL OR code = %(code)s)
ORDER BY code COLLATE "C"
