-- Leaves of a version whose box meets any of some boxes in degrees, each once; no order: unit_id.
-- Index: unit_shape_geom_gist.
SELECT DISTINCT s.unit_id
FROM unnest(%(wests)s::float8[], %(souths)s::float8[], %(easts)s::float8[], %(norths)s::float8[])
     AS box (west, south, east, north)
JOIN unit_shape s ON s.geom && ST_MakeEnvelope(west, south, east, north, 4326)
WHERE s.is_leaf AND s.versions @> %(version)s::int
