-- The plan that has been due for longest, held until the transaction ends; none that another worker
-- holds. Index: plan_publish_at_idx.
SELECT plan_id, title, state, base_version, published_version, revision, document_no, created_by,
          created_at, updated_at, at_seq, publish_at, publish_as
FROM plan
WHERE publish_at <= clock_timestamp()
ORDER BY publish_at, plan_id
LIMIT 1
FOR UPDATE SKIP LOCKED
