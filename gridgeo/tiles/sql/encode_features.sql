-- A tile's layer of features brought along, ascending by id: `ids`, `shapes` (WKB in degrees),
-- `said` (attributes as JSON). Empty when none comes in.
SELECT ST_AsMVT(tile, %(layer)s, 4096, 'geom', 'id')
FROM (
    SELECT id, said,
           ST_AsMVTGeom(ST_Transform(ST_GeomFromWKB(shape, 4326), 3857),
                        ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, %(buffer)s, true) AS geom
    FROM unnest(%(ids)s::bigint[], %(shapes)s::bytea[], %(said)s::jsonb[]) AS f(id, shape, said)
) AS tile
WHERE geom IS NOT NULL
