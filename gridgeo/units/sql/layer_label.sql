-- One label point for each unit, in the tile that holds it. Index: unit_shape_geom_gist.
WITH tile AS (
    SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS box,
           ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4326) AS reach
),
wanted AS (
    SELECT u.unit_id AS id, u.code, u.level, u.name, u.is_leaf AS leaf,
           ST_Transform(ST_PointOnSurface(s.geom), 3857) AS point, tile.box
    FROM tile
    JOIN unit_shape s ON s.geom && tile.reach AND s.versions @> %(version)s::int
    JOIN unit u ON u.unit_id = s.unit_id AND u.versions @> %(version)s::int
    JOIN unit_level v ON v.level = u.level
    WHERE v.depth BETWEEN %(z)s - 10 AND %(z)s - 8
       OR (v.depth <= 1 AND %(z)s < 10) OR (u.is_leaf AND %(z)s >= 14)
)
SELECT id, ST_AsMVTGeom(point, box, 4096, 0, true) AS geom, code, level, name, leaf
FROM wanted
WHERE point && box
ORDER BY id
