-- Old leaves whose land did not wholly go somewhere: version, code, the sum of the shares, and a
-- place in the leaf. A leaf that ends without any row has the sum 0. Up to a version.
WITH ended AS (
    SELECT upper(u.versions) AS version, u.unit_id
    FROM unit u
    WHERE u.is_leaf AND upper(u.versions) <= %(version)s
      AND NOT EXISTS (SELECT FROM unit n
                      WHERE n.unit_id = u.unit_id AND lower(n.versions) = upper(u.versions))
),
given AS (
    SELECT version, from_unit_id AS unit_id, sum(area_share) AS total
    FROM unit_lineage WHERE version <= %(version)s GROUP BY 1, 2
)
SELECT version, c.code, coalesce(given.total, 0), ST_X(at.point), ST_Y(at.point)
FROM given FULL JOIN ended USING (version, unit_id)
JOIN LATERAL (SELECT code FROM unit_code WHERE unit_code.unit_id = coalesce(given.unit_id, ended.unit_id)
              ORDER BY first_version DESC, code LIMIT 1) c ON true
LEFT JOIN LATERAL (
    SELECT ST_PointOnSurface(s.geom) AS point FROM unit_shape s
    WHERE s.unit_id = coalesce(given.unit_id, ended.unit_id) AND lower(s.versions) < version
    ORDER BY s.versions DESC LIMIT 1
) at ON true
WHERE abs(coalesce(given.total, 0) - 1) > %(tolerance)s
ORDER BY version, c.code COLLATE "C"
