-- The versions after one, oldest first: who made each, why, out of which plan, and which units it
-- changed, those of `codes` first. Indexes: unit_since_idx, unit_until_idx, unit_shape_since_idx,
-- unit_shape_until_idx.
WITH since AS (
    SELECT lower(versions) AS version, unit_id FROM unit WHERE lower(versions) > %(version)s
    UNION SELECT upper(versions), unit_id FROM unit WHERE upper(versions) > %(version)s
    UNION SELECT lower(versions), unit_id FROM unit_shape WHERE lower(versions) > %(version)s
    UNION SELECT upper(versions), unit_id FROM unit_shape WHERE upper(versions) > %(version)s
)
SELECT m.version, m.actor, m.note, m.valid_from::text AS valid_from, p.plan_id,
       ARRAY(SELECT code FROM (SELECT DISTINCT c.code FROM since s
                               JOIN unit_code c USING (unit_id)
                               WHERE s.version = m.version) AS changed
             ORDER BY code = ANY(%(codes)s::text[]) DESC, code COLLATE "C"
             LIMIT %(most)s) AS codes
FROM map_version m
LEFT JOIN plan p ON p.published_version = m.version
WHERE m.version > %(version)s
ORDER BY m.version
