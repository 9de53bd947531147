-- Give devices their new leaves, pairwise. Index: device_pkey.
UPDATE device d SET unit_id = m.unit_id, map_version = %(version)s
FROM unnest(%(device_ids)s::int[], %(unit_ids)s::int[]) AS m (device_id, unit_id)
WHERE d.device_id = m.device_id
