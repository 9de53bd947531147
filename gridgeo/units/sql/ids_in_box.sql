-- Ids of all units, of every level, whose box meets a box in degrees. Index: unit_shape_geom_gist.
SELECT unit_id FROM unit_shape
WHERE geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
  AND versions @> %(version)s::int
