-- Map versions, newest first, below an optional version number.
SELECT version, valid_from, actor, note, document_no, synthetic
FROM map_version
WHERE %(before)s::int IS NULL OR version < %(before)s::int
ORDER BY version DESC
LIMIT %(limit)s
