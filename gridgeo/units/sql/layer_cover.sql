-- The cover at a level in one tile: its units and the leaves above it. Index: unit_shape_geom_gist.
WITH tile AS (
    SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS box,
           ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.015625), 4326) AS reach
)
SELECT u.unit_id AS id,
       ST_AsMVTGeom(ST_Transform(s.geom, 3857), tile.box, 4096, 64, true) AS geom,
       u.code, u.level, u.name, p.code AS parent_code, u.is_leaf AS leaf,
       u.households, u.synthetic
FROM tile
JOIN unit_shape s ON s.geom && tile.reach AND s.versions @> %(version)s::int
JOIN unit u ON u.unit_id = s.unit_id AND u.versions @> %(version)s::int
JOIN unit_level v ON v.level = u.level
LEFT JOIN unit p ON p.unit_id = u.parent_id AND p.versions @> %(version)s::int
WHERE u.level = %(level)s
   OR (u.is_leaf AND v.depth < (SELECT depth FROM unit_level WHERE level = %(level)s))
ORDER BY u.unit_id
