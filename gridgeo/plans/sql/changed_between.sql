-- Units that differ between two versions of the map, whichever is the later, in code order: code,
-- whether the shape differs, then level, name, parent, legal parent, is_leaf, households, synthetic in
-- the first version and the same in the second; null where the unit is not there. Only rows whose
-- span of versions holds one and not the other are looked at. Indexes: unit_pkey, unit_shape_pkey.
WITH touched AS (
    SELECT unit_id FROM unit
    WHERE (versions @> %(before)s::int) <> (versions @> %(after)s::int)
    UNION
    SELECT unit_id FROM unit_shape
    WHERE (versions @> %(before)s::int) <> (versions @> %(after)s::int)
),
state AS (
    SELECT v.side, u.unit_id, u.code, u.level, u.name, p.code AS parent, l.code AS legal_parent,
           u.is_leaf, u.households, u.synthetic, s.geom
    FROM (VALUES ('before', %(before)s::int), ('after', %(after)s::int)) AS v (side, version)
    JOIN unit u ON u.unit_id IN (SELECT unit_id FROM touched) AND u.versions @> v.version
    JOIN unit_shape s ON s.unit_id = u.unit_id AND s.versions @> v.version
    LEFT JOIN unit p ON p.unit_id = u.parent_id AND p.versions @> v.version
    LEFT JOIN unit l ON l.unit_id = u.legal_parent_id AND l.versions @> v.version
),
both_sides AS (
    SELECT coalesce(o.code, n.code) AS code,
           o.unit_id IS NOT NULL AND n.unit_id IS NOT NULL AND NOT o.geom = n.geom AS reshaped,
           o.level, o.name, o.parent, o.legal_parent, o.is_leaf, o.households, o.synthetic,
           n.level AS level_after, n.name AS name_after, n.parent AS parent_after,
           n.legal_parent AS legal_parent_after, n.is_leaf AS is_leaf_after,
           n.households AS households_after, n.synthetic AS synthetic_after
    FROM (SELECT * FROM state WHERE side = 'before') AS o
    FULL JOIN (SELECT * FROM state WHERE side = 'after') AS n USING (code)
)
SELECT * FROM both_sides
WHERE reshaped
   OR (level, name, parent, legal_parent, is_leaf, households, synthetic) IS DISTINCT FROM
      (level_after, name_after, parent_after, legal_parent_after, is_leaf_after, households_after,
       synthetic_after)
ORDER BY code COLLATE "C"
