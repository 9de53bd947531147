-- The leaves of a version, ascending by id, as WKB; with a box only those that meet it.
-- Index: unit_shape_geom_gist.
SELECT unit_id, ST_AsBinary(geom) FROM unit_shape
WHERE is_leaf AND versions @> %(version)s::int
  AND (%(box)s::float8[] IS NULL
       OR geom && ST_MakeEnvelope((%(box)s::float8[])[1], (%(box)s::float8[])[2],
                                  (%(box)s::float8[])[3], (%(box)s::float8[])[4], 4326))
ORDER BY unit_id
