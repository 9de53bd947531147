-- End the attribute rows of these units at a version. Index: unit_pkey.
UPDATE unit SET versions = int4range(lower(versions), %(version)s)
WHERE unit_id = ANY(%(unit_ids)s) AND upper_inf(versions)
