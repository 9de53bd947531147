-- Codes of exclusive grids of which a row begins or ends after a version, up to another; no order.
SELECT DISTINCT code FROM exclusive_grid
WHERE (lower(versions) > %(before)s AND lower(versions) <= %(after)s)
   OR (upper(versions) > %(before)s AND upper(versions) <= %(after)s)
