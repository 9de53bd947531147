-- Units that came, went, or have other attributes between a version and a later one, as they are
-- in the later one; code is null for those that went. In id order.
SELECT unit_id, later.code, later.level, later.name, later.parent_id
FROM (
    SELECT DISTINCT unit_id FROM unit
    WHERE (lower(versions) > %(before)s::int OR upper(versions) > %(before)s::int)
      AND (versions @> %(before)s::int) <> (versions @> %(version)s::int)
) AS touched
LEFT JOIN LATERAL (
    SELECT code, level, name, parent_id FROM unit
    WHERE unit.unit_id = touched.unit_id AND versions @> %(version)s::int
) AS later ON true
ORDER BY unit_id
