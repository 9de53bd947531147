-- Shapes of units at a version as WKB, ascending by id. Index: unit_shape_pkey.
SELECT unit_id, ST_AsBinary(geom) FROM unit_shape
WHERE unit_id = ANY(%(ids)s) AND versions @> %(version)s::int
ORDER BY unit_id
