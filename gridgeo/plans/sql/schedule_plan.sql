-- An approved plan with the minute at which it shall be published, and who set it.
-- Index: plan_pkey.
UPDATE plan
SET publish_at = %(publish_at)s, publish_as = %(publish_as)s,
    document_no = coalesce(%(document_no)s, document_no), revision = revision + 1,
    updated_at = now()
WHERE plan_id = %(plan_id)s
RETURNING plan_id, title, state, base_version, published_version, revision, document_no, created_by,
          created_at, updated_at, at_seq, publish_at, publish_as
