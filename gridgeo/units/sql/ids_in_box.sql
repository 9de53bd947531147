-- Ids of all units, of every level, whose box meets a box in degrees. Index: unit_shape_geom_gist.
-- Materialized, for a prepared plan would else read the versions of the whole map beside it.
WITH met AS MATERIALIZED (
    SELECT unit_id, versions FROM unit_shape
    WHERE geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
)
SELECT unit_id FROM met WHERE versions @> %(version)s::int
