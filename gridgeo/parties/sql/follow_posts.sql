-- Give duty posts their new homes in the version that is being published. A post that stood in its
-- leaf goes to the leaf in which it stands now; one whose unit is no more goes to the unit of that
-- level in which it stands, else to the leaf, else to who got most of the land.
-- Indexes: duty_post_unit_id_idx, unit_until_idx, unit_shape_until_idx, unit_pkey.
WITH RECURSIVE gone AS (
    SELECT u.unit_id, u.level FROM unit u
    WHERE upper(u.versions) = %(version)s
      AND NOT EXISTS (SELECT FROM unit n
                      WHERE n.unit_id = u.unit_id AND n.versions @> %(version)s::int)
),
touched AS (
    SELECT unit_id FROM unit_shape WHERE upper(versions) = %(version)s AND is_leaf
    UNION SELECT unit_id FROM gone
),
concerned AS (
    SELECT p.post_id, p.unit_id, gone.level AS gone_level, now.unit_id AS leaf_id,
           was.unit_id AS leaf_before
    FROM duty_post p
    JOIN touched USING (unit_id)
    LEFT JOIN gone USING (unit_id)
    LEFT JOIN LATERAL locate(ST_X(p.geom), ST_Y(p.geom), %(version)s::int) now ON true
    LEFT JOIN LATERAL locate(ST_X(p.geom), ST_Y(p.geom), %(version)s::int - 1) was ON true
),
climbed AS (
    SELECT DISTINCT leaf_id, leaf_id AS unit_id FROM concerned WHERE gone_level IS NOT NULL
    UNION
    SELECT c.leaf_id, u.parent_id FROM climbed c
    JOIN unit u ON u.unit_id = c.unit_id AND u.versions @> %(version)s::int
    WHERE u.parent_id IS NOT NULL
),
moved AS (
    SELECT c.post_id, c.unit_id,
           CASE WHEN c.gone_level IS NULL THEN c.leaf_id
                ELSE coalesce(
                    (SELECT u.unit_id FROM climbed b
                     JOIN unit u ON u.unit_id = b.unit_id AND u.versions @> %(version)s::int
                     WHERE b.leaf_id = c.leaf_id AND u.level = c.gone_level),
                    c.leaf_id,
                    (SELECT l.to_unit_id FROM unit_lineage l
                     WHERE l.version = %(version)s AND l.from_unit_id = c.unit_id
                     ORDER BY l.area_share DESC, l.to_unit_id LIMIT 1))
           END AS home_id
    FROM concerned c
    WHERE c.gone_level IS NOT NULL OR c.leaf_before = c.unit_id
)
UPDATE duty_post p SET unit_id = m.home_id
FROM moved m
WHERE p.post_id = m.post_id AND m.home_id <> m.unit_id
