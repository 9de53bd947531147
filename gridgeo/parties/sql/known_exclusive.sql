-- Codes of the exclusive grids of the live map; no order.
SELECT code FROM exclusive_grid WHERE upper_inf(versions)
