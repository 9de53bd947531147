-- Ids of units that one version has and another has not. A row that begins and ends at or before the
-- earlier of the two cannot be of one alone. Indexes: unit_since_idx, unit_until_idx.
SELECT DISTINCT unit_id FROM unit u
WHERE (lower(versions) > least(%(before)s::int, %(version)s::int)
       OR upper(versions) > least(%(before)s::int, %(version)s::int))
  AND versions @> %(before)s::int
  AND NOT EXISTS (
      SELECT FROM unit later
      WHERE later.unit_id = u.unit_id AND later.versions @> %(version)s::int)
ORDER BY unit_id
