-- One plan, held until the transaction ends. Index: plan_pkey.
SELECT plan_id, title, state, base_version, published_version, revision, document_no, created_by,
          created_at, updated_at, at_seq, publish_at, publish_as
FROM plan WHERE plan_id = %(plan_id)s
FOR UPDATE
