-- One level of the profile.
INSERT INTO unit_level (level, depth, name_zh, name_en, code_pattern)
VALUES (%(level)s, %(depth)s, %(name_zh)s, %(name_en)s, %(code_pattern)s)
ON CONFLICT (level) DO UPDATE
SET depth = excluded.depth, name_zh = excluded.name_zh, name_en = excluded.name_en,
    code_pattern = excluded.code_pattern
