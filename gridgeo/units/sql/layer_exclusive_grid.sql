-- Exclusive grids in one tile. Index: exclusive_grid_geom_gist.
WITH tile AS (
    SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS box,
           ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.015625), 4326) AS reach
)
SELECT e.exclusive_id AS id,
       ST_AsMVTGeom(ST_Transform(e.geom, 3857), tile.box, 4096, 64, true) AS geom,
       e.code, e.name, e.kind, e.synthetic
FROM tile
JOIN exclusive_grid e ON e.geom && tile.reach AND e.versions @> %(version)s::int
ORDER BY e.exclusive_id
