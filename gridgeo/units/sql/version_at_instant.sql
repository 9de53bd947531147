-- The map version that was live at an instant; none before the first publication.
SELECT version, valid_from, actor, note, document_no, synthetic
FROM map_version
WHERE valid_from <= %(instant)s
ORDER BY version DESC
LIMIT 1
