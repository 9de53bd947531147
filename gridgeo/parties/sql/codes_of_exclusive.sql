-- The last code of exclusive grids by id. Index: exclusive_grid_pkey.
SELECT DISTINCT ON (exclusive_id) exclusive_id, code FROM exclusive_grid
WHERE exclusive_id = ANY(%(ids)s)
ORDER BY exclusive_id, versions DESC
