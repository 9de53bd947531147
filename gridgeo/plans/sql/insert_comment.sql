-- What somebody says about a plan, at a place and about a unit if said.
INSERT INTO plan_comment (plan_id, actor, text, geom, unit_code)
VALUES (%(plan_id)s, %(actor)s, %(text)s,
        ST_SetSRID(ST_MakePoint(%(lon)s::float8, %(lat)s::float8), 4326), %(unit_code)s)
RETURNING comment_id, actor, text, ST_X(geom) AS lon, ST_Y(geom) AS lat, unit_code, created_at
