-- Ids of units that one version has and a later one has not. Index: unit_pkey.
SELECT DISTINCT unit_id FROM unit u
WHERE versions @> %(before)s::int
  AND NOT EXISTS (
      SELECT FROM unit later
      WHERE later.unit_id = u.unit_id AND later.versions @> %(version)s::int)
ORDER BY unit_id
