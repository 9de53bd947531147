-- Units with a legal parent beside the administering one, over all versions; no order.
SELECT unit_id, legal_parent_id, lower(versions), upper(versions) FROM unit
WHERE legal_parent_id IS NOT NULL
