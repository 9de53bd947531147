-- The live map version; no row before the first city is published.
SELECT version, valid_from, actor, note, document_no, synthetic
FROM map_version
ORDER BY version DESC
LIMIT 1
