-- Exclusive grids of these codes at a version, with their shapes; in no order.
-- Index: exclusive_grid_code_once_at_a_time.
SELECT code, name, kind, ST_AsBinary(geom) AS shape, synthetic
FROM exclusive_grid
WHERE code = ANY(%(codes)s) AND versions @> %(version)s::int
