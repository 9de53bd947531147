-- End the rows of these exclusive grids at a version. Index: exclusive_grid_pkey.
UPDATE exclusive_grid SET versions = int4range(lower(versions), %(version)s)
WHERE exclusive_id = ANY(%(exclusive_ids)s) AND upper_inf(versions)
