-- Buildings that meet any of some boxes in degrees, each once, in id order: footprint and entrance as
-- WKB, households. Index: building_geom_gist.
SELECT ST_AsBinary(geom), ST_AsBinary(entrance), households FROM building
WHERE building_id IN (
    SELECT b.building_id
    FROM unnest(%(wests)s::float8[], %(souths)s::float8[], %(easts)s::float8[], %(norths)s::float8[])
         AS box (west, south, east, north)
    JOIN building b ON b.geom && ST_MakeEnvelope(west, south, east, north, 4326)
)
ORDER BY building_id
