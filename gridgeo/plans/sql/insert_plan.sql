-- A new draft.
INSERT INTO plan (title, base_version, document_no, created_by)
VALUES (%(title)s, %(base_version)s, %(document_no)s, %(created_by)s)
RETURNING plan_id, title, state, base_version, published_version, revision, document_no, created_by,
          created_at, updated_at, at_seq, publish_at, publish_as
