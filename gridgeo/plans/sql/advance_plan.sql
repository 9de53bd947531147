-- A plan with another tip of its log, which is one more revision. Index: plan_pkey.
UPDATE plan
SET at_seq = %(at_seq)s, revision = revision + 1, updated_at = now()
WHERE plan_id = %(plan_id)s
RETURNING plan_id, title, state, base_version, published_version, revision, document_no, created_by,
          created_at, updated_at, at_seq, publish_at, publish_as
