-- What a version did to land: from, to, kind and shares, in code order.
SELECT f.code AS from_code, t.code AS to_code, l.kind, l.area_share, l.household_share
FROM unit_lineage l
JOIN unit_code f ON f.unit_id = l.from_unit_id
JOIN unit_code t ON t.unit_id = l.to_unit_id
WHERE l.version = %(version)s
ORDER BY f.code COLLATE "C", t.code COLLATE "C"
