-- The exclusive grids of a version, in code order, as WKB; with a box only those that meet it.
-- Index: exclusive_grid_geom_gist.
SELECT exclusive_id, code, name, ST_AsBinary(geom) FROM exclusive_grid
WHERE versions @> %(version)s::int
  AND (%(box)s::float8[] IS NULL
       OR geom && ST_MakeEnvelope((%(box)s::float8[])[1], (%(box)s::float8[])[2],
                                  (%(box)s::float8[])[3], (%(box)s::float8[])[4], 4326))
ORDER BY code COLLATE "C"
