-- Plans, newest first, below a plan id.
SELECT plan_id, title, state, base_version, published_version, revision, document_no, created_by,
          created_at, updated_at, at_seq, publish_at, publish_as
FROM plan
WHERE (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(before)s::int IS NULL OR plan_id < %(before)s)
ORDER BY plan_id DESC
LIMIT %(limit)s
