-- Ids of units that have another shape in another version, or a shape in only one of the two.
-- Indexes: unit_shape_since_idx, unit_shape_until_idx.
SELECT DISTINCT unit_id FROM unit_shape
WHERE (lower(versions) > least(%(before)s::int, %(version)s::int)
       OR upper(versions) > least(%(before)s::int, %(version)s::int))
  AND (versions @> %(before)s::int) <> (versions @> %(version)s::int)
ORDER BY unit_id
