-- What was said about a plan, oldest first, after a comment. Index: plan_comment_plan_id_idx.
SELECT comment_id, actor, text, ST_X(geom) AS lon, ST_Y(geom) AS lat, unit_code, created_at
FROM plan_comment
WHERE plan_id = %(plan_id)s AND (%(after)s::int IS NULL OR comment_id > %(after)s)
ORDER BY comment_id
LIMIT %(limit)s
