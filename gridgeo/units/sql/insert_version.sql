-- Mint the next map version; the instant is the database's own clock.
INSERT INTO map_version (version, parent_version, valid_from, actor, document_no, note, synthetic)
VALUES (
    %(version)s::int, nullif(%(version)s::int - 1, 0), clock_timestamp(),
    %(actor)s, %(document_no)s, %(note)s, %(synthetic)s
)
RETURNING version, valid_from, actor, note, document_no, synthetic
