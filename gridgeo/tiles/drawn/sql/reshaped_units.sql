-- Ids of units that have another shape in a later version, or a shape in only one of the two.
-- Index: unit_shape_pkey.
SELECT DISTINCT unit_id FROM unit_shape
WHERE (versions @> %(before)s::int) <> (versions @> %(version)s::int)
ORDER BY unit_id
