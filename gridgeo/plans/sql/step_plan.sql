-- A plan in another state; whatever minute was set for it no longer holds. A document number that
-- is not said stays. Index: plan_pkey.
UPDATE plan
SET state = %(state)s, published_version = %(published_version)s,
    document_no = coalesce(%(document_no)s, document_no), publish_at = NULL, publish_as = NULL,
    revision = revision + 1, updated_at = now()
WHERE plan_id = %(plan_id)s
RETURNING plan_id, title, state, base_version, published_version, revision, document_no, created_by,
          created_at, updated_at, at_seq, publish_at, publish_as
