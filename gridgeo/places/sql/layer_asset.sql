-- Lamps, parks and ponding points in one tile. Index: asset_geom_gist.
WITH tile AS (
    SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS box,
           ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.015625), 4326) AS reach
)
SELECT g.asset_id AS id,
       ST_AsMVTGeom(ST_Transform(g.geom, 3857), tile.box, 4096, 64, true) AS geom,
       g.kind, g.name, g.synthetic
FROM tile
JOIN asset g ON g.geom && tile.reach
WHERE g.kind = ANY(%(kinds)s)
  AND (g.kind <> 'lamp' OR %(z)s >= 16)
ORDER BY g.asset_id
