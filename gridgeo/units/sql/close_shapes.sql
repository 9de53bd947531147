-- End the shapes of these units at a version. Index: unit_shape_pkey.
UPDATE unit_shape SET versions = int4range(lower(versions), %(version)s)
WHERE unit_id = ANY(%(unit_ids)s) AND upper_inf(versions)
