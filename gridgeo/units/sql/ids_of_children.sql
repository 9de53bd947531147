-- Ids of the children of these units at a version. Index: unit_parent_id_idx.
SELECT unit_id FROM unit
WHERE parent_id = ANY(%(unit_ids)s) AND versions @> %(version)s::int
