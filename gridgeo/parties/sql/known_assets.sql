-- What rules of assets may name: kinds, also where nothing is of the kind yet, and the names of
-- each; lines by family and by kind.
SELECT kind, array_agg(DISTINCT name) FROM (
    SELECT kind, name FROM asset
    UNION ALL SELECT family, name FROM line_feature
    UNION ALL SELECT kind, name FROM line_feature
    UNION ALL SELECT unnest('{lamp,park,ponding_point,road,barrier}'::text[]), ''
) named
GROUP BY kind
