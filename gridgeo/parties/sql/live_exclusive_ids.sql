-- Ids of the exclusive grids that carry these codes on the live map.
SELECT code, exclusive_id FROM exclusive_grid
WHERE code = ANY(%(codes)s) AND upper_inf(versions)
