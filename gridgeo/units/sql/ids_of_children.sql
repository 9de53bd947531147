-- Ids of the children of these units at a version. Index: unit_parent_id_idx. Materialized, for a
-- prepared plan would else read the versions of the whole map beside it: 28 ms of 128,000 units.
WITH child AS MATERIALIZED (SELECT unit_id, versions FROM unit WHERE parent_id = ANY(%(unit_ids)s))
SELECT unit_id FROM child WHERE versions @> %(version)s::int
