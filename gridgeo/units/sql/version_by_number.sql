-- One map version by its number.
SELECT version, valid_from, actor, note, document_no, synthetic
FROM map_version
WHERE version = %(version)s
