-- Assets and lines of a kind, and of a name where one is given, in a lasting order; shapes as WKB.
WITH meant AS (
    SELECT * FROM unnest(%(kinds)s::text[], %(names)s::text[]) AS m (kind, name)
)
SELECT ARRAY[a.kind] AS kinds, a.name, ST_AsBinary(a.geom), 'asset' AS source, a.asset_id AS id
FROM asset a
WHERE EXISTS (SELECT FROM meant m WHERE m.kind = a.kind AND coalesce(m.name, a.name) = a.name)
UNION ALL
SELECT ARRAY[l.family, l.kind], l.name, ST_AsBinary(l.geom), 'line', l.line_id
FROM line_feature l
WHERE EXISTS (SELECT FROM meant m
              WHERE m.kind IN (l.family, l.kind) AND coalesce(m.name, l.name) = l.name)
ORDER BY source, id
