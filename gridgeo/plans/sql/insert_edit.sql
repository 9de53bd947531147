-- An edit of a plan after one of its edits (0: after none), with the codes that it found out.
INSERT INTO plan_edit (plan_id, seq, after_seq, kind, params, actor, codes)
SELECT %(plan_id)s, coalesce(max(seq), 0) + 1, %(after_seq)s, %(kind)s, %(params)s, %(actor)s,
       %(codes)s
FROM plan_edit WHERE plan_id = %(plan_id)s
RETURNING seq
