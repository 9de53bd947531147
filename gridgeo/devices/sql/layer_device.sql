-- Devices; sensitive in one tile. Index: device_geom_gist.
WITH tile AS (
    SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS box,
           ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.015625), 4326) AS reach
)
SELECT g.device_id AS id,
       ST_AsMVTGeom(ST_Transform(g.geom, 3857), tile.box, 4096, 64, true) AS geom,
       g.code, g.kind, g.family, g.synthetic
FROM tile
JOIN device g ON g.geom && tile.reach
ORDER BY g.device_id
