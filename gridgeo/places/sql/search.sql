-- Units and places by name, pinyin, code or address: exact beginnings first, then anywhere;
-- units before places, higher levels first. Indexes: unit_name_trgm, place_name_trgm.
WITH hit AS (
    SELECT 'unit' AS kind, u.code, u.name, u.level, '' AS detail, v.depth AS rank,
           (u.code = %(q)s OR starts_with(u.name, %(q)s)
            OR starts_with(u.pinyin, %(pinyin)s)) AS at_start,
           s.geom
    FROM unit u
    JOIN unit_level v ON v.level = u.level
    JOIN unit_shape s ON s.unit_id = u.unit_id AND s.versions @> %(version)s::int
    WHERE u.versions @> %(version)s::int
      AND (u.name LIKE %(pattern)s OR u.pinyin LIKE %(pinyin_pattern)s
           OR starts_with(u.code, %(q)s))
    UNION ALL
    SELECT 'exclusive_grid', code, name, NULL, kind, 6,
           starts_with(name, %(q)s) OR starts_with(pinyin, %(pinyin)s), geom
    FROM exclusive_grid
    WHERE versions @> %(version)s::int
      AND (name LIKE %(pattern)s OR pinyin LIKE %(pinyin_pattern)s OR starts_with(code, %(q)s))
    UNION ALL
    SELECT 'place', NULL, name, NULL, address, 7,
           starts_with(name, %(q)s) OR starts_with(pinyin, %(pinyin)s), geom
    FROM place
    WHERE name LIKE %(pattern)s OR pinyin LIKE %(pinyin_pattern)s OR address LIKE %(pattern)s
),
best AS (
    SELECT * FROM hit
    ORDER BY at_start DESC, rank, code COLLATE "C", name COLLATE "C"
    LIMIT %(limit)s
)
SELECT kind, code, name, level, detail,
       ST_X(ST_PointOnSurface(geom)) AS lon, ST_Y(ST_PointOnSurface(geom)) AS lat,
       CASE WHEN kind <> 'place'
            THEN ARRAY[ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom)] END AS bbox
FROM best
ORDER BY at_start DESC, rank, code COLLATE "C", name COLLATE "C"
