-- Named places in one tile. Index: place_geom_gist.
WITH tile AS (
    SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS box,
           ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.015625), 4326) AS reach
)
SELECT g.place_id AS id,
       ST_AsMVTGeom(ST_Transform(g.geom, 3857), tile.box, 4096, 64, true) AS geom,
       g.name, g.kind, g.synthetic
FROM tile
JOIN place g ON g.geom && tile.reach
ORDER BY g.place_id
