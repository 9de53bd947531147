-- The leaves of a version, ascending by id, as WKB.
SELECT unit_id, ST_AsBinary(geom) FROM unit_shape
WHERE is_leaf AND versions @> %(version)s::int
ORDER BY unit_id
