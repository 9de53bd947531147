-- Where the land of these leaves went after a version, through all later ones, oldest first.
-- Index: unit_lineage_from_unit_id_idx.
WITH RECURSIVE went AS (
    SELECT l.* FROM unit_lineage l
    WHERE l.from_unit_id = ANY(%(unit_ids)s) AND l.version > %(version)s
    UNION
    SELECT l.* FROM went w
    JOIN unit_lineage l ON l.from_unit_id = w.to_unit_id AND l.version > w.version
)
SELECT version, from_unit_id, to_unit_id, area_share, household_share FROM went ORDER BY version
