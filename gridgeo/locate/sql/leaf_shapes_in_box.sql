-- The leaves of a version that meet a box (west, south, east, north in degrees), ascending by id,
-- as WKB. Index: unit_shape_geom_gist. Materialized, for a prepared plan would else read the
-- versions of the whole map beside it.
WITH met AS MATERIALIZED (
    SELECT unit_id, is_leaf, versions, geom FROM unit_shape
    WHERE geom && ST_MakeEnvelope((%(box)s::float8[])[1], (%(box)s::float8[])[2],
                                  (%(box)s::float8[])[3], (%(box)s::float8[])[4], 4326)
)
SELECT unit_id, ST_AsBinary(geom) FROM met
WHERE is_leaf AND versions @> %(version)s::int
ORDER BY unit_id
