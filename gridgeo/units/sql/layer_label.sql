-- One label point inside each unit whose shape comes near a box (`reach`, EWKB in degrees), where
-- the unit is shown and has room at a zoom (`z`). Levels are shown from `firsts` to `lasts`, leaves
-- with every finer level too. A unit is as wide as four times its area over its border, in Mercator
-- metres, and has room if that is `room_px` pixels, 512 to a tile; at zoom `last` always.
-- Drawn tiles know the largest circle within a unit and put the label into its middle; to reckon that
-- here takes too long, so the point and the width differ a little from theirs.
-- Index: unit_shape_geom_gist.
WITH near AS (
    SELECT u.unit_id, u.code, u.level, u.name, u.is_leaf, s.geom,
           4 * ST_Area(m.geom) / ST_Perimeter(m.geom) AS width_m
    FROM unit_shape s
    JOIN unit u ON u.unit_id = s.unit_id AND u.versions @> %(version)s::int
    JOIN unit_level v ON v.level = u.level
    CROSS JOIN LATERAL ST_Transform(s.geom, 3857) AS m (geom)
    WHERE s.geom && ST_GeomFromEWKB(%(reach)s) AND s.versions @> %(version)s::int
      AND EXISTS (
          SELECT FROM unnest(%(levels)s::text[], %(firsts)s::int[], %(lasts)s::int[])
                   AS shown (level, first, last)
          JOIN unit_level w ON w.level = shown.level
          WHERE %(z)s BETWEEN shown.first AND shown.last
            AND (w.depth = v.depth OR (u.is_leaf AND w.depth > v.depth)))
)
SELECT unit_id AS id, ST_PointOnSurface(geom) AS geom, code, level, name, is_leaf AS leaf,
       147 - floor(4 * ln(greatest(width_m / 40075016.685578488 * 2.0 ^ 36, 1)) / ln(2))::int
           AS rank
FROM near
WHERE %(z)s::int = %(last)s::int
   OR width_m >= %(room_px)s * 40075016.685578488 / (512 * 2.0 ^ %(z)s)
ORDER BY unit_id
