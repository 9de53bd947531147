-- What a plan changes as one tile, the layer plan_diff: shapes as WKB in degrees with their kind (unit
-- or moved), code, changes, and from whom to whom, pairwise; z, x, y of the tile. Bytes of a Mapbox
-- Vector Tile 2.1, empty when nothing lies in it.
SELECT ST_AsMVT(f, 'plan_diff', 4096, 'geom')
FROM (
    SELECT r.kind, r.code, r.changes, r.from_code AS "from", r.to_code AS "to",
           ST_AsMVTGeom(ST_Transform(ST_GeomFromWKB(r.shape, 4326), 3857),
                        ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS geom
    FROM unnest(%(shapes)s::bytea[], %(kinds)s::text[], %(codes)s::text[], %(changes)s::text[],
                %(froms)s::text[], %(tos)s::text[])
         AS r (shape, kind, code, changes, from_code, to_code)
) AS f
WHERE geom IS NOT NULL
