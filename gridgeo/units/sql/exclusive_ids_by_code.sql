-- Ids of exclusive grids by code, whatever their versions.
SELECT DISTINCT code, exclusive_id FROM exclusive_grid WHERE code = ANY(%(codes)s)
