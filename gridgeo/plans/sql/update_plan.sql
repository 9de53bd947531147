-- A plan's new state. Index: plan_pkey.
UPDATE plan
SET state = %(state)s, published_version = %(published_version)s, revision = revision + 1,
    updated_at = now()
WHERE plan_id = %(plan_id)s
RETURNING plan_id, title, state, base_version, published_version, revision, document_no, created_by,
          created_at, updated_at
