-- One class of matters in a scheme.
INSERT INTO event_category (scheme, code, parent_code, name_zh, name_en)
VALUES (%(scheme)s, %(code)s, %(parent_code)s, %(name_zh)s, %(name_en)s)
ON CONFLICT (scheme, code) DO UPDATE
SET parent_code = excluded.parent_code, name_zh = excluded.name_zh, name_en = excluded.name_en
