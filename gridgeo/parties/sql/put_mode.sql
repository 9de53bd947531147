-- One operating mode.
INSERT INTO operating_mode (mode, priority, name_zh, name_en)
VALUES (%(mode)s, %(priority)s, %(name_zh)s, %(name_en)s)
ON CONFLICT (mode) DO UPDATE
SET priority = excluded.priority, name_zh = excluded.name_zh, name_en = excluded.name_en
