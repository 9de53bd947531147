-- Roads or barriers in one tile. Index: line_feature_geom_gist.
WITH tile AS (
    SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS box,
           ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.015625), 4326) AS reach
)
SELECT g.line_id AS id,
       ST_AsMVTGeom(ST_Transform(g.geom, 3857), tile.box, 4096, 64, true) AS geom,
       g.kind, g.name, g.synthetic
FROM tile
JOIN line_feature g ON g.geom && tile.reach
WHERE g.family = %(family)s AND (%(z)s >= 14 OR g.kind NOT IN ('lane', 'wall', 'street'))
ORDER BY g.line_id
